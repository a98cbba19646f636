"""Checks and writes entries of the directory: one from a page or thousands from a file, with the
same few statements.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import ARRAY

from service_portal.directory.columns import EVERY, PARKS, Codes, Column, Wrong, codes_in
from service_portal.directory.kinds import Kind
from service_portal.directory.models import (
    Enterprise,
    Institution,
    InstitutionScope,
    Member,
    MemberSkill,
    Station,
    StationCoverage,
    Zone,
)
from service_portal.directory.reading import find, values_of
from service_portal.directory.rules import sort_key
from service_portal.kernel.copying import insert_rows
from service_portal.kernel.db import db


@dataclass
class Row:
    """A row as it was judged: what was read, a sentence for each wrong column, the entry it changes
    and what that holds.
    """

    read: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    entry: Any = None
    before: dict[str, Any] | None = None

    @property
    def after(self) -> dict[str, Any]:
        """Give what the entry will hold."""
        return {**(self.before or {}), **self.read}

    @property
    def is_change(self) -> bool:
        """Say whether anything of a known entry is different."""
        return self.before is not None and any(
            self.before.get(name) != value for name, value in self.read.items()
        )

    @property
    def is_leaving(self) -> bool:
        """Say whether a member is taken out of use, whose open cases then go back to the queue."""
        return (
            isinstance(self.entry, Member)
            and self.before is not None
            and self.before["active"]
            and not self.after["active"]
        )


def judge(
    kind: Kind,
    texts: Sequence[dict[str, str]],
    *,
    codes: Codes,
    entry: Any = None,
    finds: bool = False,
) -> list[Row]:
    """Read rows of texts and judge them: `entry` is the one a page changes; with `finds`, rows find
    theirs by their key.

    Absent columns keep what is known. Statements are as many for thousands of rows as for one.
    """
    rows = [_read(kind, text) for text in texts]
    _refer(kind, rows, codes)
    if finds:
        known = find(
            kind,
            kind.uniques[0],
            [key for row in rows if (key := _combination(kind, row.read, kind.uniques[0], codes))],
        )
        for row in rows:
            row.entry = known.get(_combination(kind, row.read, kind.uniques[0], codes) or ())
    elif entry is not None:
        rows[0].entry = entry
    held = values_of(
        kind, list({row.entry.id: row.entry for row in rows if row.entry is not None}.values())
    )
    for text, row in zip(texts, rows, strict=True):
        row.before = held[row.entry.id] if row.entry is not None else None
        if row.entry is None:
            row.errors |= {
                column.name: _("Fill this in.")
                for column in kind.columns
                if column.needed and column.name not in text
            }
        if not row.errors:
            row.errors |= dict(kind.judge(row.after, row.before, row.entry))
    for names in kind.uniques[1:] if finds else kind.uniques:
        _only_once(kind, rows, names, codes)
    return rows


def _read(kind: Kind, texts: dict[str, str]) -> Row:
    row = Row()
    for column in kind.columns:
        if column.name in texts:
            text = texts[column.name].replace("\x00", "").strip()
            try:
                if text or not (column.needed or column.keeps):
                    row.read[column.name] = column.read(text)
                elif column.needed:
                    row.errors[column.name] = _("Fill this in.")
            except Wrong as wrong:
                row.errors[column.name] = str(wrong)
    return row


def _refer(kind: Kind, rows: Sequence[Row], codes: Codes) -> None:
    """Look up every code the rows name, once for each kind of thing, and say which do not exist."""
    for column in kind.columns:
        if column.refers is None:
            continue
        codes.learn(
            column.refers,
            {code for row in rows for code in codes_in(row.read.get(column.name))}
            - _without_code(kind, column),
        )
        known = codes.of(column.refers).keys() | _without_code(kind, column)
        for row in rows:
            missing = codes_in(row.read.get(column.name)) - known
            if missing:
                row.errors[column.name] = _(
                    "There is nothing with the code “%(code)s”.",
                    code=", ".join(sorted(missing))[:60],
                )
                del row.read[column.name]


def _without_code(kind: Kind, column: Column) -> set[str]:
    return {EVERY} if kind.model is Station and column.name == "parks" else set()


def _combination(
    kind: Kind, values: dict[str, Any], names: tuple[str, ...], codes: Codes
) -> tuple[Any, ...] | None:
    """Give the values of some columns as the table holds them; None when one of them is empty, for
    then they may repeat.
    """
    columns = {column.name: column for column in kind.columns}
    found = []
    for name in names:
        value, refers = values.get(name), columns[name].refers
        if value in (None, ""):
            return None
        found.append(codes.of(refers).get(value) if refers is not None else value)
    return tuple(found)


def _only_once(kind: Kind, rows: Sequence[Row], names: tuple[str, ...], codes: Codes) -> None:
    """Refuse what another entry, or a row before this one, has already."""
    for column in kind.columns:
        if column.refers is not None and column.name in names:
            codes.learn(
                column.refers,
                {code for row in rows for code in codes_in(row.after.get(column.name))},
            )
    wanted = [None if row.errors else _combination(kind, row.after, names, codes) for row in rows]
    others = find(kind, names, [values for values in wanted if values])
    seen: set[tuple[Any, ...]] = set()
    for row, values in zip(rows, wanted, strict=True):
        if values is None:
            continue
        other = others.get(values)
        if values in seen or (other is not None and other is not row.entry):
            row.errors[names[0]] = (
                _("Another entry has this already.")
                if len(names) > 1 or names != kind.uniques[0]
                else _("Another entry has this code already.")
            )
        seen.add(values)


def save(kind: Kind, rows: Sequence[Row], *, codes: Codes) -> None:
    """Write judged rows with their coverage, scope or skills;
    members are joined to their people.
    """
    for row in rows:
        known = row.entry is not None
        row.entry = row.entry if known else kind.model()
        for column in kind.columns:
            if column.name in row.read and column.name not in kind.extra:
                value = row.read[column.name]
                setattr(
                    row.entry,
                    column.name,
                    (
                        codes.of(column.refers)[value]
                        if column.refers is not None and value is not None
                        else value
                    ),
                )
        if isinstance(row.entry, (Enterprise, Institution)) and row.entry.name_zh != (
            row.before or {}
        ).get("name_zh"):
            row.entry.sort_key = sort_key(row.entry.name_zh)
    new = [row.entry for row in rows if row.entry.id is None]
    if kind.model is Station:
        _put_last([row for row in rows if row.before is None and "position" not in row.read])
    db.session.add_all(new)
    db.session.flush()
    touched = [
        row
        for row in rows
        if set(kind.extra) & row.read.keys()
        and (row.before is None or any(row.before[name] != row.after[name] for name in kind.extra))
    ]
    if touched:
        _save_extra(kind, touched, codes)
    if kind.model is Member:
        join_people(
            [
                row.entry.id
                for row in rows
                if "email" in row.read and (row.before or {}).get("email") != row.read["email"]
            ]
        )


def _put_last(rows: Sequence[Row]) -> None:
    """Let new stations without an order of their own come after all others."""
    last = db.session.scalar(sa.select(sa.func.max(Station.position))) or 0
    for n, row in enumerate(rows, start=1):
        row.entry.position = last + n


def _save_extra(kind: Kind, rows: Sequence[Row], codes: Codes) -> None:
    """Bring what lies in tables of its own to what the rows say, in three statements for all of
    them; what stays is left alone.
    """
    model: Any
    if kind.model is Member:
        model, own = MemberSkill, "member_id"
        made = [
            {own: row.entry.id, "category_code": code, "level": level}
            for row in rows
            for code, level in row.after["skills"].items()
        ]
    else:
        codes.learn(PARKS, {code for row in rows for code in row.after.get("parks", [])} - {EVERY})
        parks = {**codes.of(PARKS), EVERY: None}
        if kind.model is Station:
            model, other, name, own = StationCoverage, "categories", "category_code", "station_id"
        else:
            model, other, name, own = InstitutionScope, "services", "service_code", "institution_id"
        made = [
            {own: row.entry.id, "park_id": parks[park], name: code}
            for row in rows
            for park in row.after.get("parks", [])
            for code in row.after.get(other, [])
        ]
    table = model.__table__
    names = [column.name for column in table.columns if column.name != "id"]
    owners = sa.literal([row.entry.id for row in rows], ARRAY(sa.BigInteger))
    held = {
        tuple(row)
        for row in db.session.execute(
            sa.select(*(table.c[name] for name in names)).where(table.c[own] == sa.any_(owners))
        )
    }
    wanted = {tuple(one[name] for name in names) for one in made}
    if gone := held - wanted:
        same = " AND ".join(f"t.{name} IS NOT DISTINCT FROM g.{name}" for name in names)
        source = f"jsonb_populate_recordset(CAST(NULL AS {table.name}), CAST(:gone AS jsonb))"
        statement = (
            # The names of the model's own columns.
            f"DELETE FROM {table.name} AS t USING {source} AS g"  # noqa: S608
            f" WHERE t.{own} = g.{own} AND {same}"
        )
        db.session.execute(
            sa.text(statement),
            {"gone": json.dumps([dict(zip(names, one, strict=True)) for one in gone])},
        )
    insert_rows(
        model, [dict(zip(names, one, strict=True)) for one in sorted(wanted - held, key=str)]
    )


_JOIN = sa.text("""
    UPDATE member AS m SET person_id = (
        SELECT p.id FROM person AS p
        WHERE p.email = m.email AND m.email <> '' AND p.confirmed_at IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM member AS o
              WHERE o.person_id = p.id AND o.station_id = m.station_id AND o.id <> m.id)
    ) WHERE m.id = ANY(:ids)
""")


def join_people(member_ids: Sequence[int]) -> None:
    """Join members to the people who sign in with their address; an address nobody signs in with
    waits for its person.
    """
    if member_ids:
        db.session.execute(_JOIN, {"ids": list(member_ids)})


def remove(entry: Any) -> None:
    """Take away an entry that only links others."""
    db.session.delete(entry)
    db.session.flush()


def rename_zone(*, name_zh: str, name_en: str) -> None:
    """Call the zone by other names."""
    zone = db.session.get_one(Zone, 1)
    zone.name_zh, zone.name_en = name_zh, name_en
    db.session.flush()

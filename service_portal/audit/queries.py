"""Reads the security log, newest first, and the names of what its entries speak of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import array

from service_portal.audit.models import SecurityEntry
from service_portal.audit.words import NAMES
from service_portal.kernel.db import db
from service_portal.people.models import Person
from service_portal.web.paging import before

MOST_PEOPLE = 50
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: of a kind, by or about a person, about a thing, in a period.

    None and empty: any.
    """

    kind: str = ""
    who: str = ""
    about: str = ""
    table: str = ""
    id: str = ""
    since: datetime | None = None
    until: datetime | None = None


def entries(
    wanted: Wanted,
    *,
    cursor: list[Any] | None,
    size: int,
) -> Sequence[SecurityEntry]:
    """Read one more than `size` entries after a cursor of moment and id."""
    entry = SecurityEntry
    query = sa.select(entry).order_by(entry.at.desc(), entry.id.desc()).limit(size + 1)
    for name, column in (("kind", entry.kind), ("table", entry.object_table)):
        if value := getattr(wanted, name):
            query = query.where(column == value)
    if wanted.id:
        query = query.where(entry.object_id == wanted.id)
    if wanted.about:
        part = wanted.about.lower().replace("\\", "").replace("%", "").replace("_", r"\_")
        named = sa.func.lower(entry.object_name).like(f"{part}%")
        query = query.where(entry.object_name != "", named)
    if wanted.who:
        query = query.where(_by(wanted.who))
    if wanted.since:
        query = query.where(entry.at >= wanted.since)
    if wanted.until:
        query = query.where(entry.at < wanted.until)
    if cursor:
        query = query.where(before([entry.at, entry.id], cursor))
    return db.session.scalars(query).all()


def _by(text: str) -> sa.ColumnElement[bool]:
    part = f"%{text.lower()}%"
    found = sa.select(Person.id).where(
        sa.or_(
            sa.func.lower(Person.email).like(part),
            sa.func.lower(Person.name_en).like(part),
            Person.name_zh.like(part),
        )
    )
    ids = list(db.session.scalars(found.order_by(Person.id).limit(MOST_PEOPLE)))
    about = sa.and_(
        SecurityEntry.object_table == "person",
        SecurityEntry.object_id.in_([str(one) for one in ids]),
    )
    return sa.or_(SecurityEntry.person_id.in_(ids), about)


def all_entries(wanted: Wanted) -> Iterator[list[SecurityEntry]]:
    """Give every entry that is wanted, in chunks; a chunk costs the same however deep it lies."""
    cursor: list[Any] | None = None
    while True:
        rows = list(entries(wanted, cursor=cursor, size=CHUNK))
        yield rows[:CHUNK]
        if len(rows) <= CHUNK:
            return
        cursor = [rows[CHUNK - 1].at, rows[CHUNK - 1].id]
        for row in rows:
            db.session.expunge(row)


_KEYS = {
    "category": "code",
    "service": "code",
    **dict.fromkeys(
        ("calendar", "enterprise", "institution", "member", "park", "person", "station"), "id"
    ),
}


def names_in(found: Sequence[SecurityEntry]) -> dict[tuple[str, str], Any]:
    """Give the names of everything that entries speak of by id or code, with one statement."""
    wanted: dict[str, set[str]] = {}
    for entry in found:
        if entry.object_table in _KEYS and entry.object_id:
            wanted.setdefault(entry.object_table, set()).add(entry.object_id)
        if entry.person_id is not None:
            wanted.setdefault("person", set()).add(str(entry.person_id))
        for name, value in _values_in(entry.details):
            if value is not None:
                wanted.setdefault(NAMES[name], set()).add(str(value))
    if not wanted:
        return {}
    parts = []
    for table, keys in sorted(wanted.items()):
        named = sa.table(table, *(sa.column(c) for c in ("name_en", "name_zh", _KEYS[table])))
        key = sa.cast(named.c[_KEYS[table]], sa.Text)
        columns = (sa.literal(table).label("of"), key.label("key"))
        listed = array(sorted(keys), type_=sa.Text)
        parts.append(
            sa.select(*columns, named.c.name_en, named.c.name_zh).where(_among(named, listed))
        )
    rows = db.session.execute(sa.union_all(*parts))
    return {(row.of, row.key): row for row in rows}


def _among(named: sa.TableClause, listed: Any) -> sa.ColumnElement[bool]:
    if "id" not in named.c:
        return named.c.code == sa.any_(listed)
    return named.c.id == sa.any_(sa.cast(listed, sa.ARRAY(sa.BigInteger)))


def _values_in(details: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, pair in (details.get("fields") or {}).items():
        if name in NAMES and isinstance(pair, list):
            yield from ((name, value) for value in pair)
    for link in details.get("links") or ():
        yield from ((name, value) for name, value in link.items() if name in NAMES)

"""What entries hold now, in the form in which files and pages write it: a handful of statements,
however many entries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from service_portal.directory.columns import EVERY, Reference, written
from service_portal.directory.kinds import Kind
from service_portal.directory.models import (
    Institution,
    InstitutionScope,
    Member,
    MemberSkill,
    Park,
    Station,
    StationCoverage,
)
from service_portal.kernel.db import db

AT_ONCE = 2_000


def find(
    kind: Kind, names: tuple[str, ...], wanted: Sequence[tuple[Any, ...]]
) -> dict[tuple[Any, ...], Any]:
    """Give the entries that have one of these combinations of values, by combination, in one
    statement.
    """
    if not wanted:
        return {}
    columns = [getattr(kind.model, name) for name in names]
    lists = [
        sa.cast(sa.literal(list(values), ARRAY(column.type)), ARRAY(column.type))
        for column, values in zip(columns, zip(*wanted, strict=True), strict=True)
    ]
    asked = sa.func.unnest(*lists).table_valued(*names, name="asked").render_derived()
    query = sa.select(kind.model).join(
        asked,
        sa.and_(*(column == asked.c[name] for column, name in zip(columns, names, strict=True))),
    )
    return {
        tuple(getattr(entry, name) for name in names): entry for entry in db.session.scalars(query)
    }


def values_of(kind: Kind, entries: Sequence[Any]) -> dict[int, dict[str, Any]]:
    """Give what some entries hold, by id: references as codes, coverage,
    scope and skills included.
    """
    ids = [entry.id for entry in entries]
    extras = _EXTRAS[kind.model](ids) if kind.extra and ids else {}
    codes = {
        column.name: _codes(
            column.refers, {getattr(entry, column.name) for entry in entries} - {None}
        )
        for column in kind.columns
        if column.refers is not None and column.name not in kind.extra
    }
    held = {}
    for entry in entries:
        own = {
            column.name: getattr(entry, column.name)
            for column in kind.columns
            if column.name not in kind.extra
        }
        own |= {name: known.get(own[name]) for name, known in codes.items()}
        held[entry.id] = {
            **own,
            **{name: extras.get(entry.id, {}).get(name, []) for name in kind.extra},
        }
    return held


def texts_of(kind: Kind, entry: Any) -> dict[str, str]:
    """Give an entry as the texts an import would read."""
    return _texts(values_of(kind, [entry])[entry.id])


def all_texts(kind: Kind) -> Iterator[dict[str, str]]:
    """Give every entry of a kind as texts, in the order of their keys."""
    query = sa.select(kind.model).order_by(*(getattr(kind.model, name) for name in kind.uniques[0]))
    for some in db.session.scalars(query.execution_options(yield_per=AT_ONCE)).partitions():
        held = values_of(kind, some)
        yield from (_texts(held[entry.id]) for entry in some)


def _texts(held: dict[str, Any]) -> dict[str, str]:
    return {name: written(value) for name, value in held.items()}


def _codes(reference: Reference, ids: set[Any]) -> dict[Any, str]:
    if not ids:
        return {}
    table = reference.columns
    rows = db.session.execute(
        sa.select(table.c[reference.id], table.c[reference.code]).where(
            table.c[reference.id] == sa.any_(sa.literal(sorted(ids), ARRAY(sa.BigInteger)))
        )
    )
    return {row[0]: row[1] for row in rows}


def _skills(ids: list[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = defaultdict(lambda: {"skills": {}})
    query = (
        sa.select(MemberSkill)
        .where(MemberSkill.member_id == sa.any_(sa.literal(ids, ARRAY(sa.BigInteger))))
        .order_by(MemberSkill.category_code)
    )
    for row in db.session.scalars(query):
        found[row.member_id]["skills"][row.category_code] = row.level
    return found


def _coverage(ids: list[int]) -> dict[int, dict[str, Any]]:
    model = StationCoverage
    return _pairs(
        sa.select(
            model.station_id, sa.func.coalesce(Park.code, EVERY), model.category_code
        ).outerjoin(Park, Park.id == model.park_id),
        model.station_id,
        ids,
        ("parks", "categories"),
    )


def _scope(ids: list[int]) -> dict[int, dict[str, Any]]:
    model = InstitutionScope
    return _pairs(
        sa.select(model.institution_id, model.service_code, Park.code).join(
            Park, Park.id == model.park_id
        ),
        model.institution_id,
        ids,
        ("services", "parks"),
    )


def _pairs(
    query: Any, owner: Any, ids: list[int], names: tuple[str, str]
) -> dict[int, dict[str, Any]]:
    found: dict[int, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for owner_id, first, second in db.session.execute(
        query.where(owner == sa.any_(sa.literal(ids, ARRAY(sa.BigInteger))))
    ):
        found[owner_id][0].add(first)
        found[owner_id][1].add(second)
    return {
        owner_id: dict(zip(names, (sorted(firsts), sorted(seconds)), strict=True))
        for owner_id, (firsts, seconds) in found.items()
    }


_EXTRAS = {Member: _skills, Station: _coverage, Institution: _scope}

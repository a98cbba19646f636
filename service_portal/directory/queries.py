"""Reads the directory.

Names of parks and stations change rarely and are read again every few seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import sqlalchemy as sa
from flask import current_app

from service_portal.directory.columns import CALENDARS
from service_portal.directory.kinds import KINDS, Kind
from service_portal.directory.models import Enterprise, Institution, Member, Park, Station, Zone
from service_portal.kernel.db import db
from service_portal.web.paging import after

RECHECK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Named:
    """Something with an id, a code and a name in both languages."""

    id: int
    code: str
    name_en: str
    name_zh: str


@dataclass
class _Kept:
    lists: dict[str, tuple[float, list[Named]]] = field(default_factory=dict)


def _named(model: Any, order: Any) -> list[Named]:
    kept: _Kept = current_app.extensions.setdefault("portal_directory", _Kept())
    known = kept.lists.get(model.__tablename__)
    if known is None or monotonic() - known[0] > RECHECK_SECONDS:
        rows = db.session.execute(
            sa.select(model.id, model.code, model.name_en, model.name_zh)
            .where(model.active)
            .order_by(order)
        )
        known = (monotonic(), [Named(*row) for row in rows])
        kept.lists[model.__tablename__] = known
    return known[1]


def parks() -> list[Named]:
    """List the parks in use."""
    return _named(Park, Park.id)


def stations() -> list[Named]:
    """List the stations in use, in their order."""
    return _named(Station, Station.position)


def institutions() -> list[Named]:
    """List every institution, also those that have left: what they delivered stays counted."""
    kept: _Kept = current_app.extensions.setdefault("portal_directory", _Kept())
    known = kept.lists.get("institution")
    if known is None or monotonic() - known[0] > RECHECK_SECONDS:
        rows = db.session.execute(
            sa.select(
                Institution.id, Institution.code, Institution.name_en, Institution.name_zh
            ).order_by(Institution.sort_key, Institution.id)
        )
        known = kept.lists["institution"] = (monotonic(), [Named(*row) for row in rows])
    return known[1]


def forget_directory() -> None:
    """Read the names again at their next use."""
    current_app.extensions.pop("portal_directory", None)
    current_app.extensions.pop("portal_enterprises", None)


def counts() -> dict[str, int]:
    """Count what the directory holds, by kind."""
    row = db.session.execute(
        sa.select(
            *(
                sa.select(sa.func.count()).select_from(kind.model).scalar_subquery().label(name)
                for name, kind in KINDS.items()
            )
        )
    ).one()
    return dict(row._mapping)


def zone() -> Named:
    """Give the zone's names."""
    kept: _Kept = current_app.extensions.setdefault("portal_directory", _Kept())
    known = kept.lists.get("zone")
    if known is None or monotonic() - known[0] > RECHECK_SECONDS:
        known = kept.lists["zone"] = (
            monotonic(),
            [
                Named(row.id, "", row.name_en, row.name_zh)
                for row in db.session.scalars(sa.select(Zone))
            ],
        )
    return known[1][0] if known[1] else Named(1, "", "", "")


def calendars() -> Sequence[Any]:
    """List the working calendars by code."""
    table = CALENDARS.columns
    return db.session.execute(
        sa.select(table.c.code, table.c.name_en, table.c.name_zh).order_by(table.c.code)
    ).all()


_PERSON = sa.text("SELECT p.id, p.email, p.name_en, p.name_zh FROM person AS p WHERE p.id = :id")


def person_of(member: Member) -> Any | None:
    """Give the person who signs in as a member, or None while nobody does."""
    return (
        db.session.execute(_PERSON, {"id": member.person_id}).one_or_none()
        if member.person_id is not None
        else None
    )


def links_of(kind: Kind, text: str, *, cursor: list[Any] | None, size: int) -> Sequence[Any]:
    """Read one more than `size` entries that link others, newest first, with code and names of what
    they link.
    """
    query = (
        sa.select(*(column for column in kind.model.__table__.columns if not column.foreign_keys))
        .order_by(kind.model.id.desc())
        .limit(size + 1)
    )
    found = []
    for column in kind.columns:
        if column.refers is not None:
            table = column.refers.columns.alias(column.name)
            query = query.join(table, table.c[column.refers.id] == getattr(kind.model, column.name))
            query = query.add_columns(
                *(
                    table.c[name].label(f"{column.name}_{short}")
                    for name, short in (
                        (column.refers.code, "code"),
                        ("name_en", "en"),
                        ("name_zh", "zh"),
                    )
                )
            )
            found += [
                sa.func.lower(table.c[name]) for name in (column.refers.code, "name_en", "name_zh")
            ]
    if text:
        query = query.where(sa.or_(*(name.like(f"%{text.lower()}%") for name in found)))
    if cursor:
        query = query.where(kind.model.id < cursor[0])
    return db.session.execute(query).all()


# The catalogue stands above the directory, which only names what is there.
_CATALOGUE = {
    "categories": sa.table(
        "category",
        sa.column("code"),
        sa.column("name_en"),
        sa.column("name_zh"),
        sa.column("position"),
    ),
    "services": sa.table("service", sa.column("code"), sa.column("name_en"), sa.column("name_zh")),
}


def catalogue_names(what: str) -> Sequence[Any]:
    """List the codes and names of the catalogue's categories, in their order, or services,
    by code.
    """
    table = _CATALOGUE[what]
    return db.session.execute(
        sa.select(table.c.code, table.c.name_en, table.c.name_zh).order_by(
            table.c.position if what == "categories" else table.c.code
        )
    ).all()


def page_of(model: Any, text: str, *, cursor: list[Any] | None, size: int) -> Sequence[Any]:
    """Read one more than `size` things of a kind by code, those whose code or name holds a text."""
    key = model.uscc if model is Enterprise else model.code
    query = sa.select(model).order_by(key).limit(size + 1)
    if text:
        part = f"%{text.lower()}%"
        query = query.where(
            sa.or_(
                (model.name_zh + " " + sa.func.lower(model.name_en)).like(part),
                sa.func.lower(key).like(part),
            )
        )
    if cursor:
        query = query.where(after([key], cursor))
    return db.session.scalars(query).all()


def id_of_key(model: Any, key: str, value: str | None) -> int | None:
    """Give the id of the entry with this code, or None."""
    return (
        db.session.scalar(sa.select(model.id).where(getattr(model, key) == value))
        if value
        else None
    )

"""Reads the directory. Names of parks and stations change rarely and are read again every few seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import sqlalchemy as sa
from flask import current_app

from service_portal.directory.models import Enterprise, Institution, Member, Park, Station
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
        rows = db.session.execute(sa.select(model.id, model.code, model.name_en, model.name_zh).where(model.active).order_by(order))
        known = (monotonic(), [Named(*row) for row in rows])
        kept.lists[model.__tablename__] = known
    return known[1]


def parks() -> list[Named]:
    """List the parks in use."""
    return _named(Park, Park.id)


def stations() -> list[Named]:
    """List the stations in use, in their order."""
    return _named(Station, Station.position)


def forget_directory() -> None:
    """Read the names again at their next use."""
    current_app.extensions.pop("portal_directory", None)
    current_app.extensions.pop("portal_enterprises", None)


def counts() -> dict[str, int]:
    """Count what the directory holds."""
    tables = {"park": Park, "station": Station, "institution": Institution, "member": Member, "enterprise": Enterprise}
    row = db.session.execute(sa.select(*(sa.select(sa.func.count()).select_from(model).scalar_subquery().label(name) for name, model in tables.items()))).one()
    return dict(row._mapping)


def page_of(model: Any, text: str, *, cursor: list[Any] | None, size: int) -> Sequence[Any]:
    """Read one more than `size` things of a kind by code, those whose code or name holds a text."""
    key = model.uscc if model is Enterprise else model.code
    query = sa.select(model).order_by(key).limit(size + 1)
    if text:
        part = f"%{text.lower()}%"
        query = query.where(sa.or_((model.name_zh + " " + sa.func.lower(model.name_en)).like(part), sa.func.lower(key).like(part)))
    if cursor:
        query = query.where(after([key], cursor))
    return db.session.scalars(query).all()


def id_of_key(model: Any, key: str, value: str | None) -> int | None:
    """Give the id of the entry with this code, or None."""
    return db.session.scalar(sa.select(model.id).where(getattr(model, key) == value)) if value else None

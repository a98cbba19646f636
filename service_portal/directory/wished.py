"""Reads which institutions enterprises prefer and exclude."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from service_portal.directory.models import (
    Enterprise,
    Institution,
    InstitutionScope,
    Standing,
)
from service_portal.directory.wishing import KEPT_IN, Wish
from service_portal.kernel.db import AnyRow, db

SHOWN = 50


def _wishes(enterprise_ids: Collection[int]) -> sa.CompoundSelect[Any]:
    return sa.union_all(
        *(
            sa.select(
                model.enterprise_id, model.institution_id, sa.literal(str(wish)).label("wish")
            ).where(model.enterprise_id.in_(enterprise_ids))
            for wish, model in KEPT_IN.items()
        )
    )


def wishes_among(enterprise_ids: Collection[int]) -> dict[tuple[int, int], Wish]:
    """Give what some enterprises wish of institutions, by enterprise and institution; one statement
    for all of them, none for none.
    """
    if not enterprise_ids:
        return {}
    rows = db.session.execute(_wishes(enterprise_ids))
    return {(row.enterprise_id, row.institution_id): Wish(row.wish) for row in rows}


_NAMED = (
    Institution.id,
    Institution.name_en,
    Institution.name_zh,
    Institution.kind_en,
    Institution.kind_zh,
)


def wishes_of(enterprise_id: int) -> Sequence[AnyRow]:
    """List the institutions that an enterprise prefers, then those that it excludes."""
    wished = _wishes([enterprise_id]).subquery()
    is_admitted = (Institution.status == Standing.ADMITTED).label("is_admitted")
    return db.session.execute(
        sa.select(*_NAMED, is_admitted, wished.c.wish)
        .join(wished, wished.c.institution_id == Institution.id)
        .order_by(wished.c.wish.desc(), Institution.sort_key, Institution.id)
    ).all()


def others_for(enterprise_id: int, words: str) -> Sequence[AnyRow]:
    """List the admitted institutions that deliver in the park of an enterprise and of which it
    wishes nothing, those with some words in their name or kind; one more than fifty at most.
    """
    wished = _wishes([enterprise_id]).subquery()
    delivers = (
        sa.exists()
        .where(InstitutionScope.institution_id == Institution.id)
        .where(InstitutionScope.park_id == Enterprise.park_id, Enterprise.id == enterprise_id)
    )
    query = sa.select(*_NAMED).where(
        Institution.status == Standing.ADMITTED,
        delivers,
        Institution.id.not_in(sa.select(wished.c.institution_id)),
    )
    if words:
        texts = _NAMED[1:]
        query = query.where(sa.or_(*(text.icontains(words, autoescape=True) for text in texts)))
    ordered = query.order_by(Institution.sort_key, Institution.id)
    return db.session.execute(ordered.limit(SHOWN + 1)).all()

"""Reads to which institutions people can offer a case: those first that its enterprise prefers, and
none that it excludes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from service_portal.directory.wished import wishes_among
from service_portal.directory.wishing import Wish
from service_portal.kernel.db import AnyRow, db
from service_portal.tickets.models import Ticket
from service_portal.tickets.providers import ANSWERS_SQL


class Offerable(NamedTuple):
    """An admitted institution that accepts a case's service in its park and can answer."""

    id: int
    name_en: str
    name_zh: str
    is_preferred: bool


_AT = sa.text(f"""
    SELECT s.service_code, s.park_id, i.id, i.name_en, i.name_zh
    FROM institution AS i JOIN institution_scope AS s ON s.institution_id = i.id
    JOIN unnest(CAST(:services AS text[]), CAST(:parks AS bigint[])) AS w(service_code, park_id)
        USING (service_code, park_id)
    WHERE i.status = 'admitted' AND {ANSWERS_SQL}
    ORDER BY i.sort_key, i.id
""")


def institutions_by_case(cases: Sequence[Ticket | AnyRow]) -> dict[int, list[Offerable]]:
    """List, by case, the institutions to which it can be offered; two statements for all of them,
    none for none.
    """
    if not cases:
        return {}
    wanted = sorted({(case.service_code, case.park_id) for case in cases})
    services, parks = zip(*wanted, strict=True)
    found: dict[tuple[str, int], list[AnyRow]] = {}
    for row in db.session.execute(_AT, {"services": list(services), "parks": list(parks)}):
        found.setdefault((row.service_code, row.park_id), []).append(row)
    wishes = wishes_among({case.enterprise_id for case in cases})
    return {
        case.id: _for(case.enterprise_id, found.get((case.service_code, case.park_id), ()), wishes)
        for case in cases
    }


def _for(
    enterprise_id: int, rows: Sequence[AnyRow], wishes: dict[tuple[int, int], Wish]
) -> list[Offerable]:
    wished = [(row, wishes.get((enterprise_id, row.id))) for row in rows]
    able = [
        Offerable(row.id, row.name_en, row.name_zh, wish is Wish.PREFER)
        for row, wish in wished
        if wish is not Wish.EXCLUDE
    ]
    return sorted(able, key=lambda one: not one.is_preferred)

"""Reads the institutions of the pool as an offer sees them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from service_portal.access.actor import INSTITUTION_ROLES
from service_portal.access.permissions import Permission
from service_portal.access.policy import POLICY
from service_portal.directory.models import Standing
from service_portal.directory.wished import wishes_among
from service_portal.directory.wishing import Wish
from service_portal.kernel.db import db
from service_portal.kernel.words import Words
from service_portal.tickets import predicates as p
from service_portal.tickets.provider_rules import OfferWork, Provider

# Who may answer an offer; an institution without such a person would only let its time run out.
_ANSWERING = sorted(
    str(role) for role in POLICY[Permission.OFFER_ANSWER] if role in INSTITUTION_ROLES
)


def answers_sql(institution: str) -> str:
    """Say in SQL that somebody can sign in to answer for the institution of that name."""
    roles = ", ".join(map(repr, _ANSWERING))
    return f"""EXISTS (
            SELECT 1 FROM membership AS m JOIN person AS p ON p.id = m.person_id
            WHERE m.institution_id = {institution}.id AND m.role IN ({roles})
              AND m.ended_at IS NULL AND p.active
        )"""


ANSWERS_SQL = answers_sql("i")

_PROVIDERS = sa.text(f"""
    SELECT {ANSWERS_SQL} AS answers, i.id, i.name_en, i.name_zh, i.status, i.licence_from,
        i.licence_until, i.capacity_points, i.last_offered_at, i.controller,
        coalesce((SELECT sum(o.effort_points) FROM offer AS o
            WHERE o.institution_id = i.id AND o.state = 'offered' AND NOT o.in_parallel), 0)
        + coalesce((
            SELECT sum(o.effort_points) FROM ticket AS t
            JOIN offer AS o ON o.ticket_id = t.id AND o.institution_id = i.id
                AND o.state = 'accepted'
            WHERE t.institution_id = i.id AND {p.IS_BEING_DELIVERED.of("t")}), 0) AS load
    FROM institution AS i WHERE i.id = ANY(:ids) ORDER BY i.id
""")
_LOCK_PROVIDERS = sa.text("SELECT id FROM institution WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")


def lock_institutions(ids: Sequence[int]) -> None:
    """Lock some institutions, in the order of their ids."""
    db.session.execute(_LOCK_PROVIDERS, {"ids": sorted(ids)})


def read_providers(ids: Sequence[int], today: date) -> list[Provider]:
    """Read standing, licence and load of some institutions."""
    return [
        Provider(
            r.id,
            Words(r.name_en, r.name_zh),
            r.status == Standing.ADMITTED,
            (r.licence_from is None or r.licence_from <= today)
            and r.licence_until is not None
            and r.licence_until >= today,
            r.capacity_points,
            int(r.load),
            r.last_offered_at,
            r.controller,
            r.answers,
        )
        for r in db.session.execute(_PROVIDERS, {"ids": ids})
    ]


def preferred_pairs(works: Sequence[OfferWork]) -> frozenset[tuple[int, int]]:
    """Read which institutions the enterprises like to be asked first."""
    wishes = wishes_among({work.enterprise_id for work in works})
    return frozenset(pair for pair, wish in wishes.items() if wish is Wish.PREFER)


def barred_pairs(
    works: Sequence[OfferWork],
) -> tuple[frozenset[tuple[int, int]], frozenset[tuple[int, int]]]:
    """Read which institutions the enterprises exclude, and with which they
    have declared conflicts.
    """
    ids = {"ids": [work.enterprise_id for work in works]}
    barred = db.session.execute(
        sa.text(
            "SELECT enterprise_id, institution_id FROM enterprise_exclusion WHERE enterprise_id ="
            " ANY(:ids)"
        ),
        ids,
    )
    conflicts = db.session.execute(
        sa.text(
            "SELECT enterprise_id, institution_id FROM interest_conflict WHERE enterprise_id ="
            " ANY(:ids)"
        ),
        ids,
    )
    return frozenset(map(tuple, barred)), frozenset(map(tuple, conflicts))

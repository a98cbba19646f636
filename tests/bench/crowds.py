"""Files many requests at once, like those that were filed before, through the one function that
writes a new ticket; and brings them to where they wait, through the rounds' own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.catalogue.queries import active_services
from service_portal.filing.queries import EnterpriseFacts
from service_portal.filing.services import opening_of
from service_portal.kernel.db import AnyRow, db
from service_portal.kernel.reasons import Reason
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.sla.queries import published
from service_portal.tickets.asked import Request
from service_portal.tickets.codes import DecisionReason
from service_portal.tickets.opening import Opening, open_tickets
from service_portal.tickets.rounds import (
    Choice,
    assign_and_accept_many,
    route_many,
    wait_many,
)
from service_portal.tickets.versions import KEPT

_BEFORE = sa.text(f"""
    SELECT t.enterprise_id, e.name_en, e.name_zh, t.park_id, p.code AS park_code, t.service_code,
        t.filed_by_id, t.channel, {", ".join(f"t.{name}" for name in KEPT)}, t.station_id,
        t.owner_id
    FROM ticket AS t JOIN enterprise AS e ON e.id = t.enterprise_id
    JOIN park AS p ON p.id = t.park_id
    WHERE t.status IN ('closed', 'archived') AND t.owner_id IS NOT NULL
    ORDER BY t.id DESC LIMIT :number
""")
_STATIONS = sa.text("SELECT id FROM station ORDER BY id")
_CATEGORIES = sa.text("SELECT code FROM category ORDER BY code")
_SCOPES = sa.text("SELECT DISTINCT service_code, park_id FROM institution_scope ORDER BY 1, 2")


def file_again(number: int, *, now: datetime) -> None:
    """File as many of the last requests that have ended once more."""
    with unit_of_work():
        open_tickets([opening for _, opening in _again(number, now=now)])
    db.session.remove()


def crowd_for_members(number: int, *, now: datetime) -> None:
    """Let so many tickets of all stations, categories and sizes wait for a member."""
    with unit_of_work():
        stations = db.session.scalars(_STATIONS).all()
        categories = db.session.scalars(_CATEGORIES).all()
        crowd = [
            (
                stations[n % len(stations)],
                _but(
                    opening,
                    category_code=categories[n // len(stations) % len(categories)],
                    effort_points=1 + n % 5,
                    delivered_by="station",
                    auto_accept=False,
                ),
            )
            for n, (_, opening) in enumerate(_again(number, now=now))
        ]
        made = _file(crowd)
        route_many(made, now=now)
        wait_many([(one.ticket_id, "no_member") for one in made])
    db.session.remove()


def crowd_for_pool(number: int, *, now: datetime) -> None:
    """Let so many accepted tickets of all services of the pool, in all parks, wait for an
    institution.
    """
    with unit_of_work():
        scopes = db.session.execute(_SCOPES).all()
        again = _again(number, now=now)
        openings = [
            _but(
                opening,
                service_code=scopes[n % len(scopes)].service_code,
                park_id=scopes[n % len(scopes)].park_id,
                effort_points=2,
                delivered_by="pool",
                auto_accept=False,
                consent=True,
            )
            for n, (_, opening) in enumerate(again)
        ]
        made = _file([(row.station_id, one) for (row, _), one in zip(again, openings, strict=True)])
        route_many(made, now=now)
        assign_and_accept_many(
            [
                replace(one, chosen_id=row.owner_id)
                for one, (row, _) in zip(made, again, strict=True)
            ],
            now=now,
        )
        wait_many([(one.ticket_id, "no_institution") for one in made])
    db.session.remove()


def _again(number: int, *, now: datetime) -> list[tuple[AnyRow, Opening]]:
    """Give the last requests that have ended as openings of today, each with its row of then."""
    services, present = {one.code: one for one in active_services()}, published()
    return [
        (
            row,
            opening_of(
                Request(**{name: getattr(row, name) for name in KEPT}),
                actor=Actor(role=Role.ENTERPRISE_OWNER, person_id=row.filed_by_id),
                enterprise=EnterpriseFacts(
                    id=row.enterprise_id,
                    name_en=row.name_en,
                    name_zh=row.name_zh,
                    park_id=row.park_id,
                    park_code=row.park_code,
                    active=True,
                ),
                service=services[row.service_code],
                channel=row.channel,
                by=present,
                now=now,
            ),
        )
        for row in db.session.execute(_BEFORE, {"number": number})
    ]


def _but(opening: Opening, **columns: Any) -> Opening:
    """Give an opening whose ticket differs in some columns."""
    return replace(opening, ticket=replace(opening.ticket, **columns))


def _file(crowd: Sequence[tuple[int, Opening]]) -> list[Choice]:
    """File openings and give for each the choice of its station."""
    made = open_tickets([opening for _, opening in crowd])
    return [
        Choice(row.id, opening.ticket.enterprise_id, station_id, Reason(DecisionReason.PERSON))
        for row, (station_id, opening) in zip(made, crowd, strict=True)
    ]

"""Offers tickets to institutions of the pool, one after the other, until one accepts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from service_portal.assigning import queries, waiting
from service_portal.assigning.deciding import as_round, nobody
from service_portal.assigning.rules import Offered, choose_providers
from service_portal.assigning.waiting_rules import pool_places
from service_portal.catalogue.queries import definition
from service_portal.events.catalog import (
    OfferMade,
    TicketUnassignable,
)
from service_portal.events.outbox import record_many
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.sla.business_time import Limit
from service_portal.sla.codes import ClockKind
from service_portal.sla.queries import calendar_for
from service_portal.tickets import rounds
from service_portal.tickets.clocks import start_clocks
from service_portal.tickets.codes import (
    DecisionKind,
    EntryAudience,
    OfferState,
    WaitingReason,
)
from service_portal.tickets.models import Offer, Ticket
from service_portal.tickets.providers import barred_pairs, preferred_pairs
from service_portal.tickets.rules import Move

ROUND = 500

_OFFERED = sa.text("UPDATE institution SET last_offered_at = :now WHERE id = ANY(:ids)")


def offer_waiting(
    *,
    now: datetime,
    limit: int = ROUND,
    concerned: Collection[int] | None = None,
) -> int:
    """Offer up to `limit` new and as many waiting tickets of the pool and count them.

    Each is offered to one institution. Of those that waited before, only such are touched as an
    institution can take now; with `concerned`, the tickets of the events that woke the round, only
    services of the institutions are looked at that these were offered to. Finding none costs two
    statements.
    """
    today = now.astimezone(zone_time()).date()
    new = queries.lock_unoffered(limit)
    services = None
    if concerned is not None:
        services = {row.service_code for row in new} | waiting.services_of(concerned)
    stuck = _servable(services, today, limit) if len(new) < limit else []
    found = [*queries.lock_stuck(stuck), *new]
    if not found:
        return 0
    works = [queries.offer_work(row) for row in found]
    accepting = queries.lock_providers({(work.service_code, work.park_id) for work in works}, today)
    choices = choose_providers(
        works, accepting, *barred_pairs(works), now, preferred=preferred_pairs(works)
    )
    rows = {row.id: row for row in found}
    given = [choice for choice in choices if choice.id is not None]
    done = rounds.move_many(
        [(c.work.ticket_id, c.work.enterprise_id) for c in given],
        Move.DISPATCH,
        now=now,
        audience=EntryAudience.STAFF,
        data=[{"institution_id": c.id} for c in given],
    )
    made = [choice for choice in given if choice.work.ticket_id in done]
    _store(made, rows, now=now)
    _alert([choice for choice in choices if choice.id is None], now=now)
    return len(made)


def _servable(services: Collection[str] | None, today: date, limit: int) -> list[int]:
    """Name waiting tickets that an institution could take now, judged without a lock."""
    crowded = waiting.services_with_waiting(services)
    if not crowded:
        return []
    able = queries.read_able_providers(crowded, today)
    return waiting.offerable(pool_places(waiting.pool_kinds(able.keys()), able), limit)


def _store(made: Sequence[Offered], rows: dict[int, Any], *, now: datetime) -> None:
    if not made:
        return
    rounds.decide_many([as_round(choice) for choice in made], kind=DecisionKind.OFFER, now=now)
    offers = db.session.execute(
        sa.insert(Offer).returning(
            Offer.id, Offer.ticket_id, Offer.enterprise_id, Offer.institution_id
        ),
        [
            {
                "ticket_id": c.work.ticket_id,
                "enterprise_id": c.work.enterprise_id,
                "institution_id": c.id,
                "state": OfferState.OFFERED,
                "offered_at": now,
                "answer_due_at": answer_due(rows[c.work.ticket_id].service_version_id, now),
                "effort_points": c.work.points,
            }
            for c in made
        ],
    ).all()
    start_offer_clocks(
        [
            (row.id, row.enterprise_id, row.service_version_id)
            for row in (rows[c.work.ticket_id] for c in made)
        ],
        now=now,
    )
    note_offered(sorted({c.id for c in made if c.id is not None}), now=now)
    db.session.execute(
        sa.update(Ticket)
        .where(Ticket.id.in_([c.work.ticket_id for c in made]))
        .values(waiting_reason=None)
        .execution_options(synchronize_session=False)
    )
    record_many(
        OfferMade(
            ticket_id=o.ticket_id,
            enterprise_id=o.enterprise_id,
            offer_id=o.id,
            institution_id=o.institution_id,
        )
        for o in offers
    )


def _limit(service_version_id: int) -> Limit:
    promise = definition(service_version_id).limits["offer"]
    return Limit(promise.amount, promise.unit)


def answer_due(service_version_id: int, now: datetime) -> datetime:
    """Give the moment until which an institution may answer an offer made now."""
    return calendar_for()[1].deadline(now, _limit(service_version_id))


def start_offer_clocks(offered: Sequence[tuple[int, int, int]], *, now: datetime) -> None:
    """Let the time to answer run on tickets offered now (id, enterprise, version).

    Each offer has a clock of its own.
    """
    start_clocks(
        [
            (ticket_id, enterprise_id, _limit(version))
            for ticket_id, enterprise_id, version in offered
        ],
        kind=ClockKind.OFFER,
        now=now,
    )


def note_offered(institution_ids: Sequence[int], *, now: datetime) -> None:
    """Note that institutions were offered something now: whoever waits longest is asked next."""
    db.session.execute(_OFFERED, {"now": now, "ids": institution_ids})


def _alert(unserved: Sequence[Offered], *, now: datetime) -> None:
    new = rounds.wait_many(
        [(choice.work.ticket_id, WaitingReason.NO_INSTITUTION) for choice in unserved]
    )
    alerted = [choice for choice in unserved if choice.work.ticket_id in new]
    rounds.decide_many(
        [nobody(choice) for choice in alerted],
        kind=DecisionKind.OFFER,
        now=now,
    )
    record_many(
        TicketUnassignable(
            ticket_id=c.work.ticket_id,
            enterprise_id=c.work.enterprise_id,
            reason=WaitingReason.NO_INSTITUTION,
        )
        for c in alerted
    )

"""Gives every waiting ticket its station, in rounds."""

from __future__ import annotations

from datetime import datetime

from service_portal.events.catalog import TicketRouted, TicketUnassignable
from service_portal.events.outbox import record_many
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import AnyRow
from service_portal.routing import queries
from service_portal.routing.rules import Facts, RouteChoice, choose_station
from service_portal.tickets import rounds
from service_portal.tickets.codes import DecisionKind, DecisionOutcome, WaitingReason
from service_portal.tickets.decisions import Names

ROUND = 1000


def route_waiting(*, now: datetime, limit: int = ROUND, again: bool = True) -> int:
    """Route up to `limit` new tickets in one transaction and count them, and with `again` such as
    found no station before and can have one now. Finding none costs two statements.

    One that no station can take waits visibly, with an alert once, while the others go on.
    """
    new = queries.lock_unrouted(limit)
    stuck = queries.stuck_kinds(limit) if again and len(new) < limit else []
    if not new and not stuck:
        return 0
    table = queries.read_table()
    today = now.astimezone(zone_time()).date()
    freed = [
        ticket_id
        for kind in stuck
        if choose_station(_facts(kind), table, today).station_id is not None
        for ticket_id in kind.ids
    ]
    choices = []
    for row in [*queries.lock_stuck(sorted(freed)[:limit]), *new]:
        choice = choose_station(_facts(row), table, today)
        choices.append(_as_round(row, choice))
    done = rounds.route_many(choices, now=now)
    routed = [choice for choice in choices if choice.ticket_id in done]
    rounds.decide_many(routed, kind=DecisionKind.ROUTE, now=now)
    record_many(
        TicketRouted(
            ticket_id=c.ticket_id, enterprise_id=c.enterprise_id, station_id=c.chosen_id or 0
        )
        for c in routed
    )
    _alert([choice for choice in choices if choice.chosen_id is None], now=now)
    return len(routed)


def _as_round(row: AnyRow, choice: RouteChoice) -> rounds.Choice:
    station = choice.station
    if station is None:
        return rounds.Choice(
            row.id, row.enterprise_id, None, choice.reason, outcome=DecisionOutcome.NOBODY
        )
    return rounds.Choice(
        row.id, row.enterprise_id, station.id, choice.reason, Names(chosen=station.name)
    )


def _facts(row: AnyRow) -> Facts:
    return Facts(
        row.service_code,
        row.category_code,
        row.park_id,
        row.park_code,
        frozenset(row.tags),
        row.amount,
        row.urgent,
    )


def _alert(unserved: list[rounds.Choice], *, now: datetime) -> None:
    new = rounds.wait_many([(choice.ticket_id, WaitingReason.NO_STATION) for choice in unserved])
    alerted = [choice for choice in unserved if choice.ticket_id in new]
    rounds.decide_many(alerted, kind=DecisionKind.ROUTE, now=now)
    record_many(
        TicketUnassignable(
            ticket_id=c.ticket_id, enterprise_id=c.enterprise_id, reason=WaitingReason.NO_STATION
        )
        for c in alerted
    )

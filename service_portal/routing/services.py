"""Gives every waiting ticket its station, in rounds; and keeps the rules."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from service_portal.events.catalog import TicketRouted, TicketUnassignable
from service_portal.events.outbox import record_many
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import AnyRow, db
from service_portal.kernel.errors import Missing
from service_portal.routing import queries
from service_portal.routing.models import RoutingRule
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


def save_rule(
    rule_id: int | None,
    *,
    name_en: str,
    name_zh: str,
    conditions: dict[str, Any],
    station_id: int,
    valid_from: date | None,
    valid_until: date | None,
    active: bool,
    now: datetime,
) -> RoutingRule:
    """Make a rule at the end of the list, or change one; each change is a new version that
    decisions name.
    """
    if rule_id is None:
        last = db.session.scalar(sa.select(sa.func.max(RoutingRule.position)))
        rule = RoutingRule(position=(last or 0) + 1, version=0)
        db.session.add(rule)
    else:
        rule = _rule(rule_id)
    rule.name_en, rule.name_zh, rule.conditions, rule.station_id = (
        name_en,
        name_zh,
        conditions,
        station_id,
    )
    rule.valid_from, rule.valid_until, rule.active = valid_from, valid_until, active
    rule.version += 1
    rule.updated_at = now
    db.session.flush()
    return rule


def move_rule(rule_id: int, *, up: bool) -> None:
    """Swap a rule with its neighbour."""
    rules = list(queries.all_rules())
    for position, rule in enumerate(rules):
        rule.position = position
    index = next((n for n, rule in enumerate(rules) if rule.id == rule_id), None)
    if index is None:
        raise Missing()
    other = index - 1 if up else index + 1
    if 0 <= other < len(rules):
        rules[index].position, rules[other].position = other, index
    db.session.flush()


def switch_rule(rule_id: int) -> None:
    """Switch a rule on or off."""
    rule = _rule(rule_id)
    rule.active = not rule.active
    db.session.flush()


def _rule(rule_id: int) -> RoutingRule:
    rule = db.session.get(RoutingRule, rule_id)
    if rule is None:
        raise Missing()
    return rule

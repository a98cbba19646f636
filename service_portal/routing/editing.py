"""Keeps the rules of routing: each change is a version, and their order is what decides."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing
from service_portal.routing import queries
from service_portal.routing.models import RoutingRule


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

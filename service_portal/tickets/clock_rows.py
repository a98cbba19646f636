"""The first row of a promise: what is written of it when it starts, reckoned by a calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TypedDict

from service_portal.kernel.clock import zone_time
from service_portal.sla.business_time import Limit
from service_portal.sla.codes import LimitUnit
from service_portal.sla.queries import Published
from service_portal.sla.rules import LADDER_VERSION, ClockPlan, plan_clock, plan_until


class ClockRow(TypedDict):
    """What is written of a promise that starts, beside the ticket it is made for."""

    kind: str
    cycle: int
    limit_amount: int
    limit_unit: str
    calendar_id: int
    calendar_version: int
    ladder_version: int
    started_at: datetime
    due_at: datetime
    next_rung: str | None
    next_alarm_at: datetime | None
    estimated: bool


def started(kind: str, limit: Limit, *, cycle: int = 1, now: datetime, by: Published) -> ClockRow:
    """Give the row of a promise that starts now, reckoned by a calendar."""
    return _first_row(kind, limit, plan_clock(kind, limit, now, by.calendar), cycle, now, by)


def started_until(day: date, kind: str, *, cycle: int, now: datetime, by: Published) -> ClockRow:
    """Give the row of a promise that starts now and is due when work begins on a day."""
    return _first_row(kind, *plan_of_day(day, kind, now=now, by=by), cycle, now, by)


def plan_of_day(day: date, kind: str, *, now: datetime, by: Published) -> tuple[Limit, ClockPlan]:
    """Give the limit and the plan of a promise that is due when work begins on a day, or on the
    next working day.
    """
    zone = zone_time()
    due_at = by.calendar.next_opening(datetime.combine(day, time(), zone).astimezone(UTC))
    days = Limit((day - now.astimezone(zone).date()).days, LimitUnit.DAYS)
    return days, plan_until(kind, now, due_at, by.calendar)


def _first_row(
    kind: str, limit: Limit, plan: ClockPlan, cycle: int, now: datetime, by: Published
) -> ClockRow:
    return {
        "kind": kind,
        "cycle": cycle,
        "limit_amount": limit.amount,
        "limit_unit": limit.unit,
        "calendar_id": by.id,
        "calendar_version": by.version,
        "ladder_version": LADDER_VERSION,
        "started_at": now,
        "due_at": plan.due_at,
        "next_rung": plan.next_rung,
        "next_alarm_at": plan.next_alarm_at,
        "estimated": plan.estimated,
    }

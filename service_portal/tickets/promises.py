"""The promises of a ticket in words and in shares of their time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from service_portal.sla.business_time import Limit, WorkCalendar
from service_portal.sla.queries import calendar_at, calendar_for
from service_portal.sla.rules import counted_from
from service_portal.sla.words import duration, promised
from service_portal.tickets.models import Clock


def pause_words(pause: Any, at: datetime) -> str:
    """Say how much working time a pause took, or takes."""
    calendar = calendar_for()[1]
    return duration(calendar.working_between(pause.from_at, pause.to_at or at), calendar)


def promise(clock: Clock | None, at: datetime, calendar: WorkCalendar) -> str:
    """Say until when something is promised."""
    if clock is None or clock.due_at is None:
        return ""
    return promised(clock.due_at, at, calendar, estimated=clock.estimated)


def share_used(clock: Clock, at: datetime) -> int:
    """Give how much of its time a clock has used, in hundredths."""
    due_at = clock.due_at or clock.due_when_paused_at
    if due_at is None:
        return 0
    calendar = calendar_at(clock.calendar_id, clock.calendar_version)
    end = clock.stopped_at or clock.paused_at or at
    start = counted_from(
        clock.started_at, Limit(clock.limit_amount, clock.limit_unit), due_at, calendar
    )
    whole = calendar.working_between(start, due_at)
    return 100 if whole == 0 else min(100 * calendar.working_between(start, end) // whole, 100)

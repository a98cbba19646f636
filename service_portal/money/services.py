"""What is booked of requests and of the lines that banks grant.

Each service holds the request it is about first, so that two people at once can't both go by the
same state. Amounts are fen; `day` is the zone's day on which it happened.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from flask_babel import gettext as _

from service_portal.access.actor import SYSTEM, Actor
from service_portal.directory.models import Enterprise, Institution
from service_portal.facts.queries import facts_of
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing, Refused
from service_portal.money.booking import (
    append,
    book,
    check_amount,
    check_day,
    check_line,
    free_key,
    hold_application,
    hold_line,
    local_day,
    movements_of,
    next_key,
)
from service_portal.money.codes import MoneyKind, RefusalReason
from service_portal.money.models import MONEY, CreditApplication, CreditLine
from service_portal.money.queries import lines_to_expire
from service_portal.money.rules import Movement
from service_portal.web.formatting import day as say_day


def record_application(
    *,
    actor: Actor,
    enterprise_id: int,
    institution_id: int,
    product_code: str,
    amount: int,
    day: date,
    now: datetime,
    ticket_id: int | None = None,
    first_time: bool = False,
    own_code: str = "",
) -> int:
    """Record that a bank received a request and give its number; the same request once.

    One that came without a ticket has the bank's `own_code`, and so has one that the same bank gets
    again with the same ticket. What the enterprise is on that day
    (park, industry, stage, points) stays with the request and its line, for all sums.
    """
    check_amount(amount)
    check_day(day, now)
    enterprise = db.session.get(Enterprise, enterprise_id)
    bank = db.session.get(Institution, institution_id)
    if enterprise is None or bank is None or not (ticket_id or own_code):
        raise Missing()
    known = facts_of(enterprise_id, day.year)
    points = known.get(("points", 0), known.get(("points", 1)))
    stage = known.get(("points_stage", 0), known.get(("points_stage", 1)))
    about = ":".join(filter(None, (f"t{ticket_id}" if ticket_id else "", own_code)))
    key, there = free_key(f"applied:{institution_id}:{about}")
    if there is not None:
        return there.seq
    return append(
        MoneyKind.APPLIED,
        actor=actor,
        amount=amount,
        day=day,
        now=now,
        key=key,
        enterprise_id=enterprise_id,
        institution_id=institution_id,
        product_code=product_code,
        ticket_id=ticket_id,
        park_id=enterprise.park_id,
        industry_key=enterprise.industry_en,
        stage_code=stage if isinstance(stage, str) else "",
        points=points if isinstance(points, Decimal) else None,
        first_time=first_time,
        slip_code=own_code,
    )


def refuse_application(
    *, actor: Actor, application_id: int, reason_code: RefusalReason, day: date, now: datetime
) -> int:
    """Record that a bank refused a request, with its reason."""
    return _answer(
        MoneyKind.REFUSED,
        actor=actor,
        application_id=application_id,
        day=day,
        now=now,
        reason_code=RefusalReason(reason_code),
    )


def withdraw_application(*, actor: Actor, application_id: int, day: date, now: datetime) -> int:
    """Record that a request was taken back before the bank answered."""
    return _answer(
        MoneyKind.WITHDRAWN, actor=actor, application_id=application_id, day=day, now=now
    )


def _answer(
    kind: MoneyKind,
    *,
    actor: Actor,
    application_id: int,
    day: date,
    now: datetime,
    reason_code: RefusalReason | None = None,
) -> int:
    asked = _unanswered(application_id, day=day, now=now)
    key, _there = free_key(f"answered:{asked.id}")
    return book(
        kind,
        actor=actor,
        about=asked,
        amount=asked.amount,
        day=day,
        now=now,
        key=key,
        reason_code=reason_code,
    )


def _unanswered(application_id: int, *, day: date, now: datetime) -> CreditApplication:
    asked = hold_application(application_id)
    check_day(day, now, earliest=asked.applied_on)
    if asked.outcome is not None:
        raise Conflict(
            _("This request has been answered already; look at it again."), code="answered"
        )
    return asked


def open_line(
    *,
    actor: Actor,
    application_id: int,
    amount: int,
    revolving: bool,
    valid_until: date,
    day: date,
    now: datetime,
) -> int:
    """Open the line a bank grants for a request, valid from `day` to `valid_until`, and give its
    number. A request leads to one line; whoever comes second is told so.
    """
    check_amount(amount)
    asked = _unanswered(application_id, day=day, now=now)
    if valid_until < day:
        raise Refused(_("A line ends after it begins."), field="valid_until", code="dates")
    key, _there = free_key(f"answered:{asked.id}")
    return book(
        MoneyKind.APPROVED,
        actor=actor,
        about=asked,
        amount=amount,
        day=day,
        now=now,
        key=key,
        revolving=revolving,
        valid_until=valid_until,
    )


def change_line(
    *,
    actor: Actor,
    line_id: int,
    amount: int,
    day: date,
    now: datetime,
    valid_until: date | None = None,
) -> int:
    """Let a line be of another amount from a day on, and end on another day if one is named."""
    check_amount(amount)
    line = _living(line_id, day=day)
    check_day(day, now, earliest=line.opened_on)
    if valid_until is not None and valid_until < day:
        raise Refused(_("A line ends after it begins."), field="valid_until", code="dates")
    difference = amount - line.amount
    if not difference and valid_until in {None, line.ends_on - timedelta(days=1)}:
        raise Refused(_("The line is so already."), field="amount", code="unchanged")
    until = valid_until + timedelta(days=1) if valid_until else line.ends_on
    said = Movement(day, MoneyKind.CHANGED, difference)
    check_line(line, [*movements_of(line), said], ends_on=until)
    return book(
        MoneyKind.CHANGED,
        actor=actor,
        about=line,
        amount=difference,
        day=day,
        now=now,
        key=next_key(MoneyKind.CHANGED, line),
        valid_until=valid_until,
    )


def cancel_line(*, actor: Actor, line_id: int, day: date, now: datetime) -> int:
    """End a line from a day on; what is outstanding is still owed."""
    line = _living(line_id, day=day)
    check_day(day, now, earliest=line.opened_on)
    check_line(line, movements_of(line), ends_on=day)
    key, _there = free_key(f"ended:{line.id}")
    return book(
        MoneyKind.CANCELLED, actor=actor, about=line, amount=line.amount, day=day, now=now, key=key
    )


def expire_lines(*, now: datetime) -> int:
    """Book the end of lines whose last day is over, each once, and say how many they were.

    Sums do not wait for it: a line counts as valid by its dates.
    """
    today = local_day(now)
    found = lines_to_expire(today)
    for line_id in found:
        line = hold_line(line_id)
        if line.closed or line.ends_on > today:
            continue
        key, _there = free_key(f"ended:{line.id}")
        book(
            MoneyKind.EXPIRED,
            actor=SYSTEM,
            about=line,
            amount=line.amount,
            day=line.ends_on,
            now=now,
            key=key,
        )
    return len(found)


def _living(line_id: int, *, day: date) -> CreditLine:
    line = hold_line(line_id)
    if line.closed or day >= line.ends_on:
        raise Conflict(
            _(
                "The line ended on %(day)s; open a new one.",
                day=say_day(line.ends_on - timedelta(days=1)),
            ),
            code="ended",
        )
    return line


def keep_anchor(*, now: datetime) -> None:
    """Keep the head of the chain for yesterday, once."""
    MONEY.keep_anchor(now=now, zone=zone_time())

"""What is booked of money: requests and answers, lines, what is paid out and repaid, and what goes
bad.

Each holds the request it is about first, so that two people at once can't both go by the same
state. Amounts are fen; `day` is the zone's day on which it happened.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.directory.models import Enterprise
from service_portal.facts.queries import facts_of
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing, Refused
from service_portal.money.booking import (
    append,
    book,
    check_amount,
    check_day,
    check_line,
    entries_so_far,
    hold_application,
    hold_line,
    movements_of,
)
from service_portal.money.codes import MoneyKind, RefusalReason
from service_portal.money.models import CreditApplication, CreditLine, MoneyEntry
from service_portal.money.rules import Movement
from service_portal.money.slips import key_of_slip
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

    One that came without a ticket has the bank's `own_code`. What the enterprise is on that day
    (park, industry, stage, points) stays with the request and its line for all sums.
    """
    check_amount(amount)
    check_day(day, now)
    enterprise = db.session.get(Enterprise, enterprise_id)
    if enterprise is None or not (ticket_id or own_code):
        raise Missing()
    known = facts_of(enterprise_id, day.year)
    points = known.get(("points", 0), known.get(("points", 1)))
    stage = known.get(("points_stage", 0), known.get(("points_stage", 1)))
    key = f"applied:{institution_id}:{f't{ticket_id}' if ticket_id else own_code}"
    again = db.session.scalar(
        sa.select(sa.func.count()).where(
            MoneyEntry.unique_key.like(f"reverse:{key}:%") | MoneyEntry.unique_key.startswith(key)
        )
    )
    return append(
        MoneyKind.APPLIED,
        actor=actor,
        amount=amount,
        day=day,
        now=now,
        key=key if not again else _next_key(key),
        enterprise_id=enterprise_id,
        institution_id=institution_id,
        product_code=product_code,
        ticket_id=ticket_id,
        park_id=enterprise.park_id,
        industry_key=enterprise.industry_en,
        stage_code=stage if isinstance(stage, str) else "",
        points=points if isinstance(points, Decimal) else None,
        first_time=first_time,
    )

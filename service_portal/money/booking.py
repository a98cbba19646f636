"""Reads and writes what services book: entries by the one function that may, and the state of the
request or line they are about, held until the transaction ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing, Refused
from service_portal.money.codes import MoneyKind
from service_portal.money.models import MONEY, CreditApplication, CreditLine, MoneyEntry
from service_portal.money.rules import Movement, Terms, trouble
from service_portal.money.words import say_trouble

MOST = 10**15


def local_day(now: datetime) -> date:
    """Give the zone's day of a moment."""
    return now.astimezone(zone_time()).date()


def check_amount(amount: int, *, zero: bool = False) -> None:
    """Refuse an amount that nobody lends."""
    if amount < 0 or (amount == 0 and not zero):
        raise Refused(_("Enter an amount above zero."), field="amount", code="amount")
    if amount > MOST:
        raise Refused(_("This amount is too large to be true."), field="amount", code="amount")


def check_day(day: date, now: datetime, *, earliest: date | None = None) -> None:
    """Refuse a day that has not come yet, or lies before what it follows from."""
    if day > local_day(now):
        raise Refused(_("This day has not come yet; enter the day it happened."), field="day")
    if earliest is not None and day < earliest:
        raise Refused(
            _("This can't have happened before %(day)s.", day=earliest.isoformat()), field="day"
        )


def hold_application(application_id: int) -> CreditApplication:
    """Hold a request at a bank until the transaction ends, and read it as it stands then."""
    db.session.execute(sa.text("SELECT FROM money_hold(:id)"), {"id": application_id})
    held = db.session.get(CreditApplication, application_id, populate_existing=True)
    if held is None or held.amount == 0:
        raise Missing()
    return held


def hold_line(line_id: int) -> CreditLine:
    """Hold a line until the transaction ends, and read it as it stands then."""
    application_id = db.session.scalar(
        sa.select(CreditLine.application_id).where(CreditLine.id == line_id)
    )
    if application_id is None:
        raise Missing()
    hold_application(application_id)
    line = db.session.get_one(CreditLine, line_id, populate_existing=True)
    if line.amount == 0:
        raise Conflict(_("This line was opened by mistake and taken back."), code="taken_back")
    return line


def movements_of(line: CreditLine) -> list[Movement]:
    """Read what happened on a line, reversals as opposite amounts."""
    rows = db.session.execute(
        sa.select(MoneyEntry.day, MoneyEntry.kind, MoneyEntry.amount).where(
            MoneyEntry.line_id == line.id
        )
    )
    return [Movement(row.day, MoneyKind(row.kind), row.amount) for row in rows]


def check_line(
    line: CreditLine, movements: Sequence[Movement], *, ends_on: date | None = None
) -> None:
    """Refuse what a line does not allow, with the sentence that says so."""
    terms = Terms(line.opened_on, ends_on or line.ends_on, line.revolving)
    found = trouble(terms, movements)
    if found is not None:
        raise Refused(say_trouble(found), field="amount", code=found.code)


def free_key(base: str) -> tuple[str, MoneyEntry | None]:
    """Give the key under which something is booked now, and the entry that has it already.

    What was taken back may be booked again, under the next key.
    """
    number, key = 1, base
    while True:
        entry = db.session.scalars(
            sa.select(MoneyEntry).where(MoneyEntry.unique_key == key)
        ).one_or_none()
        if entry is None or not is_reversed(entry.seq):
            return key, entry
        number += 1
        key = f"{base}:{number}"


def next_key(kind: MoneyKind, line: CreditLine) -> str:
    """Name what may be booked on a line any number of times; the line is held."""
    before = db.session.scalar(
        sa.select(sa.func.count()).where(
            MoneyEntry.line_id == line.id, MoneyEntry.kind == kind, MoneyEntry.reverses.is_(None)
        )
    )
    return f"{kind}:{line.id}:{(before or 0) + 1}"


def is_reversed(seq: int) -> bool:
    """Say whether an entry was taken back."""
    return bool(db.session.scalar(sa.select(sa.exists().where(MoneyEntry.reverses == seq))))


def book(
    kind: MoneyKind,
    *,
    actor: Actor,
    about: CreditApplication | CreditLine,
    amount: int,
    day: date,
    now: datetime,
    key: str,
    **said: Any,
) -> int:
    """Append an entry about a request or a line and give its number."""
    line = about if isinstance(about, CreditLine) else None
    seq = append(
        kind,
        actor=actor,
        amount=amount,
        day=day,
        now=now,
        key=key,
        application_id=line.application_id if line else about.id,
        line_id=line.id if line else None,
        enterprise_id=about.enterprise_id,
        **said,
    )
    db.session.refresh(about)
    return seq


def append(
    kind: MoneyKind,
    *,
    actor: Actor,
    amount: int,
    day: date,
    now: datetime,
    key: str,
    **said: Any,
) -> int:
    """Append an entry and give its number; a known key gives the first one's number."""
    db.session.flush()
    return MONEY.append(
        {
            "at": now.isoformat(),
            "day": day.isoformat(),
            "booked_on": local_day(now).isoformat(),
            "actor_person_id": actor.person_id,
            "kind": kind,
            "amount": amount,
            "unique_key": key,
            **{name: _plain(value) for name, value in said.items()},
        }
    )


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value

"""What is booked on a line: paid out, repaid, overdue, non-performing.

A slip of a bank counts once by the bank's own number. Amounts are fen.
"""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.kernel.errors import Conflict, Refused
from service_portal.money.booking import (
    book,
    check_amount,
    check_day,
    check_line,
    free_key,
    hold_line,
    movements_of,
    next_key,
)
from service_portal.money.codes import MoneyKind
from service_portal.money.models import CreditLine, MoneyEntry
from service_portal.money.queries import last_marked_on
from service_portal.money.rules import Movement
from service_portal.web.amounts import yuan
from service_portal.web.formatting import day as say_day


def draw(*, actor: Actor, line_id: int, amount: int, slip: str, day: date, now: datetime) -> int:
    """Book that a bank paid out on a line, and give the entry's number."""
    line, key = _checked(MoneyKind.DRAWN, line_id, amount=amount, slip=slip, day=day, now=now)
    return book(
        MoneyKind.DRAWN,
        actor=actor,
        about=line,
        amount=amount,
        day=day,
        now=now,
        key=key,
        slip_code=slip,
    )


def repay(*, actor: Actor, line_id: int, amount: int, slip: str, day: date, now: datetime) -> int:
    """Book that the enterprise repaid, and give the entry's number; what was overdue is repaid
    first.
    """
    line, key = _checked(MoneyKind.REPAID, line_id, amount=amount, slip=slip, day=day, now=now)
    left = line.drawn - line.repaid - amount
    cleared = {
        MoneyKind.OVERDUE: min(amount, line.overdue),
        MoneyKind.NON_PERFORMING: max(0, line.non_performing - left),
    }
    for kind, part in cleared.items():
        if part:
            _mark(kind, line, -part, actor=actor, day=day, now=now)
    return book(
        MoneyKind.REPAID,
        actor=actor,
        about=line,
        amount=amount,
        day=day,
        now=now,
        key=key,
        slip_code=slip,
    )


def _checked(
    kind: MoneyKind, line_id: int, *, amount: int, slip: str, day: date, now: datetime
) -> tuple[CreditLine, str]:
    check_amount(amount)
    line = hold_line(line_id)
    check_day(day, now, earliest=line.opened_on)
    if not slip:
        raise Refused(_("Enter the bank's number of the slip."), field="slip", code="slip")
    key, there = free_key(key_of_slip(line.institution_id, slip))
    if there is not None:
        raise Conflict(say_known(there), field="slip", code="slip_known")
    check_line(line, [*movements_of(line), Movement(day, kind, amount)])
    return line, key


def mark_overdue(*, actor: Actor, line_id: int, amount: int, day: date, now: datetime) -> int:
    """Book how much of a line is overdue from a day on; nothing says that it no longer is."""
    return _stand(MoneyKind.OVERDUE, line_id, amount, actor=actor, day=day, now=now)


def mark_non_performing(
    *, actor: Actor, line_id: int, amount: int, day: date, now: datetime
) -> int:
    """Book how much of a line is non-performing from a day on; nothing says that it no longer
    is.
    """
    return _stand(MoneyKind.NON_PERFORMING, line_id, amount, actor=actor, day=day, now=now)


def _stand(
    kind: MoneyKind, line_id: int, amount: int, *, actor: Actor, day: date, now: datetime
) -> int:
    check_amount(amount, zero=True)
    line = hold_line(line_id)
    check_day(day, now, earliest=last_marked_on(line.id, kind) or line.opened_on)
    outstanding = line.drawn - line.repaid
    if amount > outstanding:
        raise Refused(
            _("Only %(most)s are outstanding.", most=yuan(outstanding)),
            field="amount",
            code="above_outstanding",
        )
    stands = line.overdue if kind == MoneyKind.OVERDUE else line.non_performing
    if amount == stands:
        raise Refused(_("The line is so already."), field="amount", code="unchanged")
    return _mark(kind, line, amount - stands, actor=actor, day=day, now=now)


def _mark(
    kind: MoneyKind, line: CreditLine, difference: int, *, actor: Actor, day: date, now: datetime
) -> int:
    return book(
        kind,
        actor=actor,
        about=line,
        amount=difference,
        day=max(day, last_marked_on(line.id, kind) or day),
        now=now,
        key=next_key(kind, line),
    )


def key_of_slip(institution_id: int, slip: str) -> str:
    """Name a slip so that it counts once for its bank."""
    return f"slip:{institution_id}:{slip}"


def say_known(entry: MoneyEntry) -> str:
    """Say what is booked already under a slip's number."""
    return _(
        "Slip %(slip)s is booked already: %(amount)s on %(day)s, entry %(seq)s.",
        slip=entry.slip_code,
        amount=yuan(entry.amount),
        day=say_day(entry.day),
        seq=entry.seq,
    )

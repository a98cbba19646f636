"""Corrections of the money ledger: one person proposes to take an entry back, another confirms."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Forbidden, Missing, Refused
from service_portal.money.booking import (
    check_line,
    hold_application,
    hold_line,
    is_reversed,
    local_day,
)
from service_portal.money.codes import Decision, MoneyKind
from service_portal.money.models import (
    MONEY,
    CreditApplication,
    CreditLine,
    MoneyCorrection,
    MoneyEntry,
)
from service_portal.money.queries import booked_of
from service_portal.money.rules import Movement, end_of


def propose_correction(*, actor: Actor, seq: int, note: str, now: datetime) -> int:
    """Propose to take an entry back, with the reason, and give the proposal's number."""
    if not note:
        raise Refused(_("Say why the entry is wrong; the correction keeps the reason."))
    entry = _held(seq)
    _check(entry)
    open_one = sa.select(MoneyCorrection.id).where(
        MoneyCorrection.seq == seq, MoneyCorrection.decision.is_(None)
    )
    if db.session.scalar(open_one) is not None:
        raise Conflict(_("A correction of this entry waits for a second person already."))
    proposed = MoneyCorrection(
        seq=seq,
        enterprise_id=entry.enterprise_id,
        institution_id=entry.institution_id,
        note=note,
        proposed_by_id=actor.person_id,
        proposed_at=now,
    )
    db.session.add(proposed)
    db.session.flush()
    return proposed.id


def confirm_correction(*, actor: Actor, correction_id: int, now: datetime) -> int:
    """Take the entry back that another person proposed to, and give the reversal's number.

    The reversal counts for the day of its entry and was known from today on.
    """
    proposed = _open(correction_id, actor)
    entry = _held(proposed.seq)
    _check(entry)
    _decide(proposed, Decision.CONFIRMED, actor=actor, now=now)
    return MONEY.reverse(
        entry.seq,
        person_id=actor.person_id,
        reason=proposed.note,
        now=now,
        zone=zone_time(),
        day=entry.day.isoformat(),
        booked_on=local_day(now).isoformat(),
    )


def decline_correction(*, actor: Actor, correction_id: int, now: datetime) -> None:
    """Leave the entry as it is."""
    _decide(_open(correction_id, actor), Decision.DECLINED, actor=actor, now=now)


def _open(correction_id: int, actor: Actor) -> MoneyCorrection:
    proposed = db.session.get(MoneyCorrection, correction_id, with_for_update=True)
    if proposed is None:
        raise Missing()
    if proposed.decision is not None:
        raise Conflict(_("This correction has been decided already."), code="decided")
    if proposed.proposed_by_id == actor.person_id:
        raise Forbidden(_("Another person must confirm what you proposed."))
    return proposed


def _decide(proposed: MoneyCorrection, decision: Decision, *, actor: Actor, now: datetime) -> None:
    proposed.decision, proposed.decided_by_id, proposed.decided_at = (
        decision,
        actor.person_id,
        now,
    )
    db.session.flush()


def _held(seq: int) -> MoneyEntry:
    entry = db.session.get(MoneyEntry, seq)
    if entry is None:
        raise Missing()
    if entry.reverses is not None:
        raise Conflict(_("This entry is itself a correction and can't be taken back."))
    if is_reversed(seq):
        raise Conflict(_("This entry has been taken back already."), code="taken_back")
    hold_application(entry.application_id)
    return entry


def _check(entry: MoneyEntry) -> None:
    """Refuse what other entries rest on: those come first."""
    kind = MoneyKind(entry.kind)
    asked = db.session.get_one(CreditApplication, entry.application_id)
    if kind == MoneyKind.APPLIED and asked.outcome is not None:
        raise Conflict(_("Take back the bank's answer first: it rests on this request."))
    if entry.line_id is None:
        return
    if kind == MoneyKind.EXPIRED:
        raise Conflict(_("The end of a line follows from its dates; change the line instead."))
    line = hold_line(entry.line_id)
    left = [one for one in booked_of([line.id]) if one.seq != entry.seq]
    taken_back = {one.reverses for one in left}
    if kind == MoneyKind.APPROVED:
        if any(one.reverses is None and one.seq not in taken_back for one in left):
            raise Conflict(_("Take back first what was booked on this line: it rests on it."))
        return
    moved = [Movement(one.day, one.kind, one.amount) for one in left]
    check_line(line, moved, ends_on=end_of(left))
    _check_marks(entry, line)


def _check_marks(entry: MoneyEntry, line: CreditLine) -> None:
    change = {kind: -entry.amount if entry.kind == kind else 0 for kind in MoneyKind}
    outstanding = line.drawn - line.repaid + change[MoneyKind.DRAWN] - change[MoneyKind.REPAID]
    overdue = line.overdue + change[MoneyKind.OVERDUE]
    bad = line.non_performing + change[MoneyKind.NON_PERFORMING]
    if not (0 <= overdue <= outstanding and 0 <= bad <= outstanding):
        raise Conflict(_("Correct first what is marked as overdue or non-performing."))

"""Reads requests, lines and entries of money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date

import sqlalchemy as sa

from service_portal.directory.models import Enterprise, Institution
from service_portal.kernel.db import AnyRow, db
from service_portal.money.codes import MoneyKind
from service_portal.money.models import CreditApplication, CreditLine, MoneyCorrection, MoneyEntry
from service_portal.money.rules import Booked
from service_portal.people.models import Person


def application_of(ticket_id: int, institution_id: int) -> CreditApplication | None:
    """Give what a bank was asked for by a ticket, if it was."""
    return db.session.scalars(
        sa.select(CreditApplication)
        .where(
            CreditApplication.ticket_id == ticket_id,
            CreditApplication.institution_id == institution_id,
            CreditApplication.amount > 0,
        )
        .order_by(CreditApplication.id.desc())
        .limit(1)
    ).one_or_none()


def lines_to_expire(today: date, *, size: int = 500) -> list[int]:
    """List lines whose last day is over and whose end is not booked yet, the oldest first."""
    return list(
        db.session.scalars(
            sa.select(CreditLine.id)
            .where(~CreditLine.closed, CreditLine.ends_on <= today, CreditLine.amount > 0)
            .order_by(CreditLine.ends_on, CreditLine.id)
            .limit(size)
        )
    )


def last_marked_on(line_id: int, kind: MoneyKind) -> date | None:
    """Give the last day on which a line was marked with a kind of trouble."""
    return db.session.scalar(
        sa.select(sa.func.max(MoneyEntry.day)).where(
            MoneyEntry.line_id == line_id, MoneyEntry.kind == kind
        )
    )


def booked_of(line_ids: Sequence[int]) -> list[Booked]:
    """Read the entries of some lines, in order."""
    columns = [getattr(MoneyEntry, one.name) for one in fields(Booked)]
    rows = db.session.execute(
        sa.select(*columns).where(MoneyEntry.line_id.in_(line_ids)).order_by(MoneyEntry.seq)
    )
    return [Booked(**{**row._mapping, "kind": MoneyKind(row.kind)}) for row in rows]


def count_corrections() -> int:
    """Count the corrections that wait for a second person."""
    waiting = MoneyCorrection.decision.is_(None)
    return db.session.scalar(sa.select(sa.func.count(MoneyCorrection.id)).where(waiting)) or 0


def corrections_waiting() -> Sequence[AnyRow]:
    """List the corrections that wait for a second person, the oldest first."""
    return db.session.execute(
        sa.select(
            MoneyCorrection.id,
            MoneyCorrection.note,
            MoneyCorrection.proposed_at,
            MoneyCorrection.proposed_by_id,
            MoneyEntry.seq,
            MoneyEntry.kind,
            MoneyEntry.amount,
            MoneyEntry.day,
            MoneyEntry.booked_on,
            MoneyEntry.slip_code,
            MoneyEntry.line_id,
            Person.name_en.label("person_en"),
            Person.name_zh.label("person_zh"),
            Enterprise.name_en.label("enterprise_en"),
            Enterprise.name_zh.label("enterprise_zh"),
            Institution.name_en.label("institution_en"),
            Institution.name_zh.label("institution_zh"),
        )
        .join(MoneyEntry, MoneyEntry.seq == MoneyCorrection.seq)
        .join(Person, Person.id == MoneyCorrection.proposed_by_id)
        .join(Enterprise, Enterprise.id == MoneyCorrection.enterprise_id)
        .join(Institution, Institution.id == MoneyCorrection.institution_id)
        .where(MoneyCorrection.decision.is_(None))
        .order_by(MoneyCorrection.id)
    ).all()

"""Reads requests, lines and entries of money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date

import sqlalchemy as sa

from service_portal.kernel.db import db
from service_portal.money.codes import MoneyKind
from service_portal.money.models import CreditApplication, CreditLine, MoneyEntry
from service_portal.money.rules import Booked


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

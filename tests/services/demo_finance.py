"""The sums that the demo's report names, out of its lines."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from service_portal.financing.models import LoanProduct
from service_portal.kernel.db import db
from service_portal.money.booking import movements_of
from service_portal.money.firms import bands_of, firms_of
from service_portal.money.models import CreditApplication, CreditLine
from service_portal.money.queries import corrections_waiting
from service_portal.money.rules import Terms, trouble
from service_portal.money.slices import Slice
from service_portal.money.sums import five_sums, sums_by


def check(day: date) -> None:
    """See that lines, drawn money and enterprises are those of the report, and every line true."""
    million = 100_000_000
    sums = five_sums(day)
    # What enterprises were granted these days through their tickets comes on top.
    lately = sa.select(sa.func.sum(CreditLine.amount)).where(CreditLine.ticket_id.is_not(None))
    granted = sums.lines - (db.session.scalar(lately) or 0)
    assert (granted, sums.drawn) == (30_120 * million, 19_300 * million)
    assert firms_of(Slice(day)).drew == 286
    banks = sums_by(Slice(day), "institution")
    assert (364 * million, 1_100 * million) in {(one.drawn, one.unused) for one in banks.values()}
    _check_products()
    _check_scores(day)
    waiting = corrections_waiting()
    assert len(waiting) == 1 and waiting[0].kind == "repaid"
    points = sums_by(Slice(day, product_code="points-loan"), "institution")
    assert [one.applied for one in points.values()] == [1_505 * million]
    assert sums.overdue > sums.non_performing > 0
    lines = db.session.scalars(sa.select(CreditLine)).all()
    assert len(lines) > 400 and len({one.amount for one in lines}) > 350
    for line in lines:
        terms = Terms(line.opened_on, line.ends_on, line.revolving)
        assert trouble(terms, movements_of(line)) is None


def _check_products() -> None:
    """See that every request is of a product that its bank keeps, and within what it lends."""
    rows = db.session.execute(
        sa.select(CreditApplication.amount, LoanProduct.most_fen).outerjoin(
            LoanProduct,
            sa.and_(
                LoanProduct.institution_id == CreditApplication.institution_id,
                LoanProduct.code == CreditApplication.product_code,
            ),
        )
    ).all()
    assert len(rows) > 600 and not [row for row in rows if row.most_fen is None]
    assert sum(row.amount > row.most_fen for row in rows) == 0


def _check_scores(day: date) -> None:
    """See that all have points, and that banks approve more of those who have more."""
    bands = bands_of(Slice(day))
    assert -1 not in bands and len(bands) >= 8
    low, high = (
        sum(bands[band][1] for band in some) / sum(bands[band][0] for band in some)
        for some in ((0, 1, 2), (5, 6, 7))
    )
    assert high > low + 0.15

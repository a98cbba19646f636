"""Money is booked once, within its line, and never half."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import SYSTEM, Actor, Role
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Forbidden, Missing, Refused
from service_portal.money import correcting, paying, services
from service_portal.money.models import MONEY, CreditApplication, CreditLine, MoneyEntry
from tests.factories.accounts import create_person
from tests.factories.directory import create_institution
from tests.factories.money import TODAY, M, asked, drawn, noon, opened, refused, repaid

LATER = TODAY + timedelta(days=10)


@pytest.fixture(autouse=True)
def _rolled_back(app: Flask, db_session: None) -> None:
    """Every test here begins with an empty ledger."""


def line(line_id: int) -> CreditLine:
    """Read a line as it stands now."""
    return db.session.get_one(CreditLine, line_id, populate_existing=True)


def person() -> Actor:
    """Give a manager with a person behind them."""
    made = create_person()
    return Actor(role=Role.MANAGER, person_id=made.id, name=made.name_en)


def length() -> int:
    """Say how many entries there are."""
    return MONEY.length()


def test_a_line_is_what_its_entries_say() -> None:
    found = opened(revolving=True)
    drawn(found, 3 * M)
    repaid(found, M)
    now = line(found)
    assert (now.amount, now.drawn, now.repaid) == (5 * M, 3 * M, M)
    request = db.session.get_one(CreditApplication, now.application_id, populate_existing=True)
    assert (request.outcome, request.line_id, request.paid_on) == ("approved", found, TODAY)
    assert MONEY.verify() is None and length() == 4


def test_the_same_request_is_recorded_once() -> None:
    first = asked(own_code="A-1")
    entry = db.session.get_one(MoneyEntry, first)

    def again(institution_id: int) -> int:
        return asked(
            enterprise_id=entry.enterprise_id, institution_id=institution_id, own_code="A-1"
        )

    assert again(entry.institution_id) == first
    assert again(create_institution().id) != first


Act = Callable[[int], object]

REFUSED: list[tuple[str, Act, str, str]] = [
    (
        "a drawdown above the line",
        lambda found: drawn(found, 5 * M + 1),
        "above_line",
        "5,000,000.00 yuan of the line of 5,000,000.00 yuan could still be drawn",
    ),
    (
        "a repayment above what is outstanding",
        lambda found: (drawn(found, 2 * M), repaid(found, 2 * M + 1)),
        "above_outstanding",
        "2,000,000.00 yuan were outstanding; more can't be repaid",
    ),
    (
        "a repayment before the drawdown",
        lambda found: (drawn(found, M, LATER), repaid(found, M, TODAY, now=noon(LATER))),
        "above_outstanding",
        "0.00 yuan were outstanding",
    ),
    ("a negative amount", lambda found: drawn(found, -M), "amount", "an amount above zero"),
    ("no amount", lambda found: drawn(found, 0), "amount", "an amount above zero"),
    (
        "an expired line",
        lambda found: drawn(found, M, TODAY + timedelta(days=361)),
        "after_line",
        "nothing is paid out after that",
    ),
    (
        "a day before the line",
        lambda found: drawn(found, M, TODAY - timedelta(days=1), now=noon(TODAY)),
        "refused",
        "can't have happened before",
    ),
    (
        "a day to come",
        lambda found: drawn(found, M, LATER, now=noon(TODAY)),
        "refused",
        "has not come yet",
    ),
    ("a slip without a number", lambda found: drawn(found, M, slip=""), "slip", "number of"),
    (
        "a line below its use",
        lambda found: (
            drawn(found, 3 * M),
            services.change_line(
                actor=SYSTEM, line_id=found, amount=2 * M, day=TODAY, now=noon(TODAY)
            ),
        ),
        "line_below_use",
        "3,000,000.00 yuan of the line were used",
    ),
    (
        "more overdue than outstanding",
        lambda found: paying.mark_overdue(
            actor=SYSTEM, line_id=found, amount=1, day=TODAY, now=noon(TODAY)
        ),
        "above_outstanding",
        "Only 0.00 yuan are outstanding",
    ),
]


@pytest.mark.parametrize(
    ("act", "code", "words"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED]
)
def test_what_a_line_does_not_allow_is_refused_with_a_sentence(
    act: Act, code: str, words: str
) -> None:
    found = opened()
    before = line(found).amount
    with pytest.raises(Refused) as told:
        act(found)
    assert told.value.code == code and words in str(told.value.message)
    assert line(found).amount == before and MONEY.verify() is None


def test_the_same_slip_is_booked_once() -> None:
    found = opened()
    seq = drawn(found, M, slip="B 1")
    with pytest.raises(Conflict, match="Slip B 1 is booked already") as told:
        drawn(found, M, slip="B 1")
    assert told.value.code == "slip_known" and str(seq) in str(told.value.message)
    assert line(found).drawn == M


def test_two_banks_may_use_the_same_slip_number() -> None:
    for found in (opened(), opened()):
        drawn(found, M, slip="B 1")
    assert length() == 6


def test_a_revolving_line_may_be_drawn_again() -> None:
    found = opened(revolving=True)
    drawn(found, 5 * M)
    repaid(found, 2 * M, LATER)
    drawn(found, 2 * M, LATER)
    assert line(found).drawn == 7 * M


def test_a_line_that_does_not_revolve_may_not() -> None:
    found = opened()
    drawn(found, 5 * M)
    repaid(found, 2 * M, LATER)
    with pytest.raises(Refused) as told:
        drawn(found, 1, LATER)
    assert told.value.code == "above_line"


def test_a_late_slip_is_measured_on_its_own_day() -> None:
    found = opened(revolving=True)
    drawn(found, 5 * M, TODAY + timedelta(days=1))
    repaid(found, 5 * M, TODAY + timedelta(days=5))
    with pytest.raises(Refused):
        drawn(found, M, TODAY + timedelta(days=3), now=noon(LATER))
    drawn(found, M, TODAY + timedelta(days=6), now=noon(LATER))


def test_a_request_is_answered_once() -> None:
    request = asked()
    opened(request)
    with pytest.raises(Conflict) as told:
        opened(request)
    assert told.value.code == "answered"
    with pytest.raises(Conflict):
        refused(request)


def test_a_line_ends_after_it_begins() -> None:
    with pytest.raises(Refused) as told:
        opened(valid_until=TODAY - timedelta(days=1))
    assert told.value.code == "dates"


def test_a_cancelled_line_pays_out_no_more_but_is_still_repaid() -> None:
    found = opened()
    drawn(found, M)
    services.cancel_line(actor=SYSTEM, line_id=found, day=LATER, now=noon(LATER))
    assert line(found).ends_on == LATER
    with pytest.raises(Refused):
        drawn(found, M, LATER)
    repaid(found, M, LATER)


def test_a_repayment_clears_what_is_overdue() -> None:
    found = opened()
    drawn(found, 3 * M)
    paying.mark_overdue(actor=SYSTEM, line_id=found, amount=2 * M, day=TODAY, now=noon(TODAY))
    paying.mark_non_performing(
        actor=SYSTEM, line_id=found, amount=3 * M, day=TODAY, now=noon(TODAY)
    )
    repaid(found, M, LATER)
    assert (line(found).overdue, line(found).non_performing) == (M, 2 * M)


def test_lines_end_by_their_dates_and_are_booked_once() -> None:
    found = opened(months=0, valid_until=TODAY)
    assert services.expire_lines(now=noon(TODAY)) == 0
    assert services.expire_lines(now=noon(LATER)) == 1
    assert services.expire_lines(now=noon(LATER)) == 0
    last = db.session.scalars(sa.select(MoneyEntry).order_by(MoneyEntry.seq.desc())).first()
    assert last is not None
    assert (last.kind, last.line_id, last.day) == ("expired", found, TODAY + timedelta(days=1))


def test_a_correction_needs_two_people() -> None:
    one, two = person(), person()
    found = opened()
    seq = drawn(found, M, slip="B 1")
    proposed = correcting.propose_correction(actor=one, seq=seq, note="wrong line", now=noon(LATER))
    with pytest.raises(Forbidden, match="Another person"):
        correcting.confirm_correction(actor=one, correction_id=proposed, now=noon(LATER))
    with pytest.raises(Conflict, match="waits for a second person"):
        correcting.propose_correction(actor=two, seq=seq, note="again", now=noon(LATER))
    back = correcting.confirm_correction(actor=two, correction_id=proposed, now=noon(LATER))
    entry = db.session.get_one(MoneyEntry, back)
    assert (entry.amount, entry.day, entry.booked_on) == (-M, TODAY, LATER)
    assert (line(found).drawn, line(found).first_drawn_on) == (0, None)
    with pytest.raises(Conflict, match="decided already"):
        correcting.confirm_correction(actor=two, correction_id=proposed, now=noon(LATER))
    drawn(found, 2 * M, slip="B 1")
    assert MONEY.verify() is None


def test_a_declined_correction_changes_nothing() -> None:
    seq = drawn(opened(), M)
    proposed = correcting.propose_correction(actor=person(), seq=seq, note="wrong", now=noon(LATER))
    before = length()
    correcting.decline_correction(actor=person(), correction_id=proposed, now=noon(LATER))
    assert length() == before


def _propose(seq: int) -> object:
    return correcting.propose_correction(actor=person(), seq=seq, note="wrong", now=noon(LATER))


def test_what_others_rest_on_is_not_taken_back() -> None:
    request = asked()
    found = opened(request)
    paid = drawn(found, 2 * M)
    repaid(found, 2 * M, LATER)
    for seq, words in (
        (request, "Take back the bank's answer first"),
        (found, "Take back first what was booked on this line"),
        (paid, "were outstanding"),
    ):
        with pytest.raises(Refused, match=words):
            _propose(seq)


def test_a_line_opened_by_mistake_is_gone_once_taken_back() -> None:
    request = asked()
    found = opened(request)
    proposed: Any = _propose(found)
    correcting.confirm_correction(actor=person(), correction_id=proposed, now=noon(LATER))
    with pytest.raises(Conflict, match="taken back"):
        drawn(found, M)
    assert opened(request, LATER) != found


def test_an_extended_line_that_was_drawn_on_stays_extended() -> None:
    found = opened(months=1)
    end = TODAY + timedelta(days=60)
    longer = services.change_line(
        actor=SYSTEM,
        line_id=found,
        amount=5 * M,
        valid_until=end,
        day=LATER,
        now=noon(LATER),
    )
    drawn(found, M, end)
    with pytest.raises(Refused, match="line ended"):
        _propose(longer)


def test_unknown_lines_and_requests_are_missing() -> None:
    with pytest.raises(Missing):
        drawn(99, M)
    with pytest.raises(Missing):
        opened(99)

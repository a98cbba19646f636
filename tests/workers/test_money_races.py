"""Several people book on the same line at the same moment: the line is never overdrawn, an answer
and a slip count once, and whoever comes late is told.
"""

from __future__ import annotations

from typing import Any

from service_portal.access.actor import Actor, Role
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Refused
from service_portal.money import correcting, services
from service_portal.money.models import MONEY, CreditLine
from tests.factories.accounts import create_person
from tests.factories.money import TODAY, M, asked, drawn, noon, opened
from tests.workers.conftest import Crew


def only_refusals(results: list[Any]) -> list[Any]:
    """Check that whoever lost was told why, and give the winners."""
    won = [result for result in results if not isinstance(result, Exception)]
    assert all(isinstance(one, Refused) for one in results if isinstance(one, Exception)), results
    return won


def test_a_request_is_approved_once_however_many_do(crew: Crew) -> None:
    request = crew.do(asked)
    results = crew.at_once(lambda: opened(request))
    assert len(only_refusals(results)) == 1
    assert all(one.code == "answered" for one in results if isinstance(one, Conflict))


def test_a_line_is_never_overdrawn(crew: Crew) -> None:
    line_id = crew.do(lambda: opened(amount=5 * M))
    results = crew.at_once(lambda: drawn(line_id, 2 * M))
    assert len(only_refusals(results)) == 2
    assert crew.do(lambda: db.session.get_one(CreditLine, line_id).drawn) == 4 * M


def test_a_slip_counts_once(crew: Crew) -> None:
    line_id = crew.do(lambda: opened(amount=500 * M))
    results = crew.at_once(lambda: drawn(line_id, M, slip="the same"))
    assert len(only_refusals(results)) == 1
    assert crew.do(lambda: db.session.get_one(CreditLine, line_id).drawn) == M


def test_a_correction_is_confirmed_once(crew: Crew) -> None:
    def propose() -> tuple[int, Actor]:
        one, two = (Actor(role=Role.MANAGER, person_id=create_person().id) for _ in range(2))
        seq = drawn(opened(), M)
        proposed = correcting.propose_correction(
            actor=one, seq=seq, note="entered twice", now=noon(TODAY)
        )
        return proposed, two

    proposed, two = crew.do(propose)
    results = crew.at_once(
        lambda: correcting.confirm_correction(actor=two, correction_id=proposed, now=noon(TODAY))
    )
    assert len(only_refusals(results)) == 1


def test_lines_end_once_however_many_rounds_run(crew: Crew) -> None:
    line_id = crew.do(lambda: opened(months=0, valid_until=TODAY))
    before = crew.do(MONEY.length)
    later = noon(TODAY).replace(month=12)
    results = crew.at_once(lambda: services.expire_lines(now=later))
    assert len(only_refusals(results)) == len(results)
    assert crew.do(MONEY.length) - before >= 1
    assert crew.do(lambda: db.session.get_one(CreditLine, line_id).closed)
    assert crew.do(MONEY.verify) is None

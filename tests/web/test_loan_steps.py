"""Each page of a loan request says whose step is next, and what ended says why."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Role
from service_portal.events.inbox import Delivery
from service_portal.financing.ending import take_back
from service_portal.financing.rules import AnswerState
from service_portal.financing.standing import next_steps
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.notifications.services import tell
from service_portal.tickets.codes import EntryKind
from service_portal.tickets.rules import Move, Status
from service_portal.tickets.timeline import entry_sentence
from service_portal.web.language import speaking
from tests.factories.loans import answer_from, create_request, station_actor
from tests.factories.tickets import TUESDAY
from tests.signing_in import sign_in
from tests.web.lending import Loan

TODAY = TUESDAY.date()


@pytest.fixture
def loan(app: Flask, db_session: None) -> Loan:
    """Give a request that went to two banks."""
    return Loan(app)


def row(state: str, name: str = "Haitang Bank", **said: Any) -> Any:
    """Give an answer as pages read it."""
    usual = {"accepted_at": None, "valid_until": TODAY, "offer_id": 7}
    answer = SimpleNamespace(state=AnswerState(state), **{**usual, **said})
    return SimpleNamespace(
        LoanAnswer=answer,
        institution_en=name,
        institution_zh=name,
        can_answer=said.get("can_answer", True),
    )


def steps(*rows: Any, status: str = "in_progress", enterprise: bool = True, **more: Any) -> str:
    """Say what is next."""
    ticket: Any = SimpleNamespace(status=Status(status))
    with speaking("en"):
        return " ".join(next_steps(rows, ticket, for_enterprise=enterprise, today=TODAY, **more))


@pytest.mark.parametrize(
    ("rows", "more", "mine", "stations"),
    [
        ([], {}, "choose which institutions", "help it choose"),
        ([row("chosen")], {"status": "submitted"}, "Your station accepts", "Accept the request"),
        ([row("received")], {}, "Waiting for the answer of Haitang Bank.", "Waiting for"),
        ([row("contacted")], {"late": {7}}, "has been told", "remind it, or stop waiting"),
        ([row("contacted", can_answer=False)], {}, "ask others", "stop waiting"),
        ([row("approved")], {}, "accept the approval", "decides about 1 approval"),
        ([row("approved"), row("received")], {}, "Waiting for the answer of", "Waiting for"),
        ([row("approved", accepted_at=TUESDAY)], {}, "You have accepted", "has accepted"),
        ([row("refused"), row("lapsed")], {}, "You can ask other", "Look with the enterprise"),
        ([row("refused")], {"status": "answered"}, "does not solve it", "Look with"),
        (
            [row("approved", valid_until=TODAY - timedelta(days=1))],
            {},
            "You can ask other",
            "Look with the enterprise",
        ),
    ],
)
def test_whose_step_is_next(
    app: Flask, rows: list[Any], more: dict[str, Any], mine: str, stations: str
) -> None:
    with app.test_request_context():
        assert mine in steps(*rows, **more)
        assert stations in steps(*rows, enterprise=False, **more)


def test_what_has_ended_waits_for_nobody(app: Flask) -> None:
    with app.test_request_context():
        assert steps(row("refused"), status="closed") == ""
        assert "accept the approval" in steps(row("approved"), status="closed")


def test_the_pages_say_it(loan: Loan) -> None:
    page = f"/tickets/{loan.ticket.id}"
    for path in (page, f"{page}/banks"):
        assert "Waiting for the answer of" in loan.owner.get(path).text, path
    lead = loan.browser(station_actor())
    assert "Waiting for the answer of" in lead.get(page).text
    fresh = create_request(loan.asker, title="Another loan")
    db.session.commit()
    assert "Your step: choose which institutions" in loan.owner.get(f"/tickets/{fresh.id}").text


def test_where_nobody_can_sign_in_the_page_says_so(loan: Loan) -> None:
    left = "UPDATE membership SET ended_at = now() WHERE institution_id = :one"
    db.session.execute(sa.text(left), {"one": loan.banks[0].institution_id})
    db.session.commit()
    assert "can sign in to answer now" in loan.owner.get(f"/tickets/{loan.ticket.id}/banks").text


def test_a_bank_learns_what_became_of_a_request_that_was_taken_back(loan: Loan) -> None:
    whose = loan.banks[0].institution_id or 0
    offer = answer_from(loan.ticket, whose).offer_id
    take_back(actor=loan.asker, ticket_id=loan.ticket.id, institution_id=whose, now=now())
    db.session.commit()
    bank, other = loan.browser(loan.banks[0]), loan.browser(loan.banks[1])
    for path in (f"/loan-offers/{offer}", f"/offers/{offer}", f"/tickets/{loan.ticket.id}"):
        answer = bank.get(path, follow_redirects=True)
        assert answer.status_code == 404 and "You read nothing more of it." in answer.text, path
        assert loan.ticket.title not in answer.text
    stranger = other.get(f"/loan-offers/{offer}")
    assert stranger.status_code == 404 and "nothing more of it" not in stranger.text
    assert sign_in(loan.app, Role.INSTITUTION_LEAD).get(f"/loan-offers/{offer}").status_code == 404


def test_its_bell_says_so(loan: Loan) -> None:
    whose = loan.banks[0].institution_id or 0
    offer = answer_from(loan.ticket, whose).offer_id
    take_back(actor=loan.asker, ticket_id=loan.ticket.id, institution_id=whose, now=now())
    about = {"institution_id": whose, "offer_id": offer, "by_person_id": loan.asker.person_id}
    event = Delivery(1, "loan.ended", loan.ticket.id, loan.ticket.enterprise_id, about, 1, 1)
    tell([event], now=now(), host="x")
    db.session.commit()
    said = "A loan request has ended for your institution"
    assert said in loan.browser(loan.banks[0]).get("/notifications").text
    assert said not in loan.browser(loan.banks[1]).get("/notifications").text


@pytest.mark.parametrize("kind", [*EntryKind, *Move])
def test_every_line_of_a_history_is_a_sentence(app: Flask, kind: str) -> None:
    line = SimpleNamespace(kind=str(kind), role="system", data={"valid_until": "2026-12-31"})
    with app.test_request_context():
        assert entry_sentence(line, {}) != str(kind)

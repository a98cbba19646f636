"""A later day for an answer on the pages: asked for, decided on from the board, read by everybody
it concerns.
"""

from __future__ import annotations

import pytest
from flask import g

from service_portal.access.actor import Role
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.sla.queries import working_day
from service_portal.tickets.models import Ticket
from tests.signing_in import SignIn
from tests.web.cases import ENTERPRISE, STAFF, Case
from tests.web.said import START


@pytest.fixture
def case(client_as: SignIn) -> Case:
    """A case on which its member works, and for which a later day is asked."""
    case = Case(client_as, "POL-03")
    for who, act, said in START:
        case.act(who, act, **said)
    until = working_day(now(), ahead=12).isoformat()
    case.act("member", "ask-extension", until=until, reason="The bureau is slow.")
    return case


def board(case: Case, who: str = STAFF) -> str:
    """Give the board as somebody sees it."""
    g.pop("_login_user", None)
    return case.clients[who].get("/board").text


def test_the_lead_agrees_from_the_board_and_comes_back_to_it(case: Case) -> None:
    shown = board(case)
    section = shown[shown.index("Later days to decide on") :]
    assert case.ticket.reference in section and "The bureau is slow." in section
    g.pop("_login_user", None)
    said = {"words": "", "from": "board"}
    answer = case.clients[STAFF].post(f"/tickets/{case.ticket.id}/grant-extension", data=said)
    assert answer.location.endswith("/board")
    assert "Later days to decide on" not in board(case)


def test_a_board_without_requests_does_not_speak_of_them(client_as: SignIn) -> None:
    assert "Later days to decide on" not in client_as(Role.STATION_LEAD).get("/board").text


def test_the_enterprise_reads_both_days_once_the_lead_agrees(case: Case) -> None:
    before = case.reads(ENTERPRISE)
    assert "promised first by" not in before and "The bureau is slow." not in before
    assert "asked for" not in before
    case.act(STAFF, "grant-extension", words="")
    after = case.reads(ENTERPRISE)
    assert "promised first by" in after and "The bureau is slow." in after


def test_while_nobody_has_decided_staff_read_what_is_asked_for(case: Case) -> None:
    page = case.reads("member")
    assert "A lead decides." in page and "/ask-extension" not in page


def test_who_has_asked_reads_who_decides_and_has_no_buttons(case: Case) -> None:
    ticket = db.session.get_one(Ticket, case.ticket.id)
    ticket.extension_asked_by_id = case.clients[STAFF].actor.person_id
    db.session.commit()
    assert "You have asked: another lead" in board(case)
    assert "/grant-extension" not in board(case)
    g.pop("_login_user", None)
    page = case.clients[STAFF].get(f"/tickets/{case.ticket.id}").text
    assert "/grant-extension" not in page
    g.pop("_login_user", None)
    answer = case.clients[STAFF].post(f"/tickets/{case.ticket.id}/grant-extension", data={})
    assert answer.status_code == 403


def test_a_day_that_is_too_far_comes_back_with_the_latest_one(case: Case) -> None:
    case.act(STAFF, "refuse-extension", words="No.")
    g.pop("_login_user", None)
    said = {"until": working_day(now(), ahead=60).isoformat(), "reason": "Slow."}
    answer = case.clients["member"].post(f"/tickets/{case.ticket.id}/ask-extension", data=said)
    assert answer.status_code == 422
    assert "Choose a day after" in answer.text and said["until"] in answer.text


def test_the_form_says_which_days_are_possible(case: Case) -> None:
    case.act(STAFF, "refuse-extension", words="No.")
    g.pop("_login_user", None)
    page = case.clients["member"].get(f"/tickets/{case.ticket.id}").text
    assert "The latest is 5 working days after the first promise." in page

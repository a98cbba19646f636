"""After the answer: what is missing, who calls, what was said first, on the pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from service_portal.access.actor import Role
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from tests.clock import SetClock
from tests.factories.usage import create_answered
from tests.signing_in import SignedIn, SignIn

LATER = timedelta(days=8)


@pytest.fixture
def asker(client_as: SignIn) -> SignedIn:
    """The owner of an enterprise with an answered request, signed in."""
    return client_as(Role.ENTERPRISE_OWNER)


@pytest.fixture
def ticket(asker: SignedIn) -> Ticket:
    """The answered request."""
    made = create_answered(asker=asker.actor, now=now() - timedelta(days=2))
    db.session.commit()
    return made


def close(asker: SignedIn, ticket: Ticket, **said: str) -> str:
    """Close the request and give the page that follows."""
    done = asker.post(f"/tickets/{ticket.id}/confirm", data=said, follow_redirects=True)
    return done.get_data(as_text=True)


def test_partly_solved_asks_what_is_missing_and_says_by_when(
    asker: SignedIn, ticket: Ticket
) -> None:
    page = asker.get(f"/tickets/{ticket.id}").text
    assert "a new answer is promised within" in page
    assert 'class="btn when-partly"' in page
    done = asker.post(
        f"/tickets/{ticket.id}/redo", data={"reason": "The annex."}, follow_redirects=True
    )
    assert "The new answer is promised by" in done.text
    assert "First answer" in done.text


def test_who_is_not_content_reads_when_the_lead_calls(asker: SignedIn, ticket: Ticket) -> None:
    page = close(asker, ticket, verdict="not_solved")
    assert "The lead of the station calls you by" in page
    assert "The lead of the station calls you" in asker.get(f"/tickets/{ticket.id}").text


def test_the_lead_calls_from_the_board_and_comes_back_to_it(
    asker: SignedIn, ticket: Ticket, client_as: SignIn
) -> None:
    close(asker, ticket, verdict="partly", level="1", comment="Nobody called us.")
    lead = client_as(Role.STATION_LEAD, station_id=ticket.station_id)
    board = lead.get("/board").text
    section = board[board.index("To call back") :]
    assert "1 of 5 stars" in section and "Nobody called us." in section
    assert "tel:" in section
    answer = lead.post(
        f"/tickets/{ticket.id}/call-back", data={"note": "Explained it.", "from": "board"}
    )
    assert answer.location.endswith("/board")
    assert "To call back" not in lead.get("/board").text
    assert "called the enterprise back – Explained it." in lead.get(f"/tickets/{ticket.id}").text
    page = asker.get(f"/tickets/{ticket.id}").text
    assert "called the enterprise back" in page and "Explained it." not in page


def test_a_board_without_calls_does_not_speak_of_them(client_as: SignIn) -> None:
    assert "To call back" not in client_as(Role.STATION_LEAD).get("/board").text


def test_a_call_without_a_word_comes_back_with_what_is_missing(
    asker: SignedIn, ticket: Ticket, client_as: SignIn
) -> None:
    close(asker, ticket, verdict="not_solved")
    lead = client_as(Role.STATION_LEAD, station_id=ticket.station_id)
    answer = lead.post(f"/tickets/{ticket.id}/call-back", data={"note": " "})
    assert answer.status_code == 422 and "Write what came of the call" in answer.text


def test_what_was_said_first_stands_beside_what_is_said_now(
    asker: SignedIn, ticket: Ticket, client_as: SignIn
) -> None:
    close(asker, ticket, verdict="not_solved", level="1")
    assert "First said" not in asker.get(f"/tickets/{ticket.id}").text
    asker.post(f"/tickets/{ticket.id}/rate", data={"verdict": "partly", "level": "3"})
    lead = client_as(Role.STATION_LEAD, station_id=ticket.station_id)
    for reader in (asker, lead):
        page = reader.get(f"/tickets/{ticket.id}").text
        assert re.search(r"First said \([^)]*\): not solved · 1 of 5 stars", page)


def test_after_seven_days_the_page_offers_no_other_verdict(
    asker: SignedIn, ticket: Ticket, clock: SetClock
) -> None:
    close(asker, ticket, verdict="solved")
    assert "Change my verdict" in asker.get(f"/tickets/{ticket.id}").text
    clock(now() + LATER)
    assert "Change my verdict" not in asker.get(f"/tickets/{ticket.id}").text
    answer = asker.post(f"/tickets/{ticket.id}/rate", data={"verdict": "partly"})
    assert answer.status_code == 409 and "can be changed for seven days" in answer.text

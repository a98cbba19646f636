"""Whether it is solved: asked without an answer made beforehand, kept, shown to both sides, and
changed on one's mind.
"""

from __future__ import annotations

import re

import pytest

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from service_portal.tickets.models import Rating, Ticket
from tests.factories.usage import create_answered
from tests.signing_in import SignedIn, SignIn


@pytest.fixture
def asker(client_as: SignIn) -> SignedIn:
    """The owner of an enterprise with an answered request, signed in."""
    return client_as(Role.ENTERPRISE_OWNER)


@pytest.fixture
def ticket(asker: SignedIn) -> Ticket:
    """The answered request."""
    made = create_answered(asker=asker.actor)
    db.session.commit()
    return made


def said_of(ticket: Ticket) -> Rating:
    """Read what was said of a ticket."""
    return db.session.get_one(Rating, (ticket.id, ticket.cycle), populate_existing=True)


def status_of(ticket: Ticket) -> str:
    """Read where a ticket stands."""
    return db.session.get_one(Ticket, ticket.id, populate_existing=True).status


def test_no_verdict_is_chosen_beforehand(asker: SignedIn, ticket: Ticket) -> None:
    page = asker.get(f"/tickets/{ticket.id}").text
    choices = re.findall(r'<input[^>]*name="verdict"[^>]*>', page)
    assert len(choices) == 3
    assert not any("checked" in choice for choice in choices)


def test_closing_asks_for_a_verdict(asker: SignedIn, ticket: Ticket) -> None:
    answer = asker.post(f"/tickets/{ticket.id}/confirm", data={"level": "4", "comment": "Hm."})
    assert answer.status_code == 422
    assert "Say whether it is solved." in answer.text
    assert ">Hm.</textarea>" in answer.text
    assert status_of(ticket) == "answered"


def test_not_solved_without_stars_is_kept_and_shown_to_both_sides(
    asker: SignedIn, ticket: Ticket, client_as: SignIn
) -> None:
    said = {"verdict": "not_solved", "comment": "Nobody called us."}
    asker.post(f"/tickets/{ticket.id}/confirm", data=said)
    assert (said_of(ticket).verdict, said_of(ticket).comment) == tuple(said.values())
    lead = client_as(Role.STATION_LEAD, station_id=ticket.station_id)
    for reader in (asker, lead):
        page = reader.get(f"/tickets/{ticket.id}").text
        assert "not solved" in page
        assert "Nobody called us." in page
    assert "no case is counted" in page


def test_after_not_solved_opening_it_again_is_the_next_step(
    asker: SignedIn, ticket: Ticket
) -> None:
    done = asker.post(
        f"/tickets/{ticket.id}/confirm", data={"verdict": "not_solved"}, follow_redirects=True
    )
    assert "You can open it again within 30 days." in done.text
    assert re.search(r'<summary class="btn btn-primary"[^>]*>Reopen', done.text)


def test_the_way_back_stands_beside_the_verdict(asker: SignedIn, ticket: Ticket) -> None:
    page = asker.get(f"/tickets/{ticket.id}").text
    redo = page[page.index('class="when-missing') : page.index("Or close it without")]
    assert 'form="redo-form"' in redo
    assert "Ask for it to be done again" in redo


def test_a_verdict_can_be_changed_after_closing(asker: SignedIn, ticket: Ticket) -> None:
    asker.post(f"/tickets/{ticket.id}/confirm", data={"verdict": "solved", "level": "5"})
    page = asker.get(f"/tickets/{ticket.id}").text
    assert "Change my verdict" in page
    assert re.search(r'value="solved" checked', page)
    said = {"verdict": "not_solved", "comment": "It broke again."}
    asker.post(f"/tickets/{ticket.id}/rate", data=said)
    assert (said_of(ticket).verdict, said_of(ticket).level) == ("not_solved", 5)
    page = asker.get(f"/tickets/{ticket.id}").text
    assert "says of the result: not solved · 5 of 5 stars – It broke again." in page
    assert "The enterprise says: not solved." in page


def test_who_was_silent_is_not_asked_to_change_a_verdict(asker: SignedIn, ticket: Ticket) -> None:
    ticket.status = "closed"
    db.session.add(
        Rating(
            ticket_id=ticket.id,
            cycle=ticket.cycle,
            enterprise_id=ticket.enterprise_id,
            source="none",
            at=ticket.filed_at,
        )
    )
    db.session.commit()
    page = asker.get(f"/tickets/{ticket.id}").text
    assert "Change my verdict" not in page
    assert "not rated" in page

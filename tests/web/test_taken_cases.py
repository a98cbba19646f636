"""The page of a case that an institution has taken, and of one that came back from it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from service_portal.access.actor import Actor
from service_portal.assigning.answering import decline_offer
from service_portal.assigning.coming_back import take_back
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.people.models import Person
from service_portal.working.services import post_message
from tests.factories.directory import create_institution
from tests.services.alarms import told
from tests.services.taken import SERVICE, Taken, accepted, taken
from tests.signing_in import SignedIn, SignIn
from tests.web.acting import form_of
from tests.web.markup import flat
from tests.web.test_acts import acts_of
from tests.web.test_pages import MOST_STATEMENTS, Statements


@pytest.fixture
def browser_of(client_as: SignIn) -> Callable[[Actor], SignedIn]:
    """Open the browser of somebody who has an account."""

    def open_for(actor: Actor) -> SignedIn:
        db.session.commit()
        return client_as(person=db.session.get_one(Person, actor.person_id))

    return open_for


@pytest.fixture
def case(db_session: None) -> Taken:
    """A case that an institution has taken."""
    return taken(now=now())


def test_who_has_it_and_the_station_read_until_when_and_the_enterprise_its_promise_alone(
    case: Taken, browser_of: Callable[[Actor], SignedIn]
) -> None:
    page = f"/tickets/{case.ticket.id}"
    assert "Your own time for it" in flat(browser_of(case.institution).get(page).text)
    assert "The institution's own time" in flat(browser_of(case.member).get(page).text)
    assert "own time" not in flat(browser_of(case.asker).get(page).text)


BrowserOf = Callable[[Actor], SignedIn]


def status_of(case: Taken) -> str:
    """Read where the case stands."""
    db.session.rollback()
    return case.now().status


def test_a_member_takes_it_back_with_the_institutions_consent(
    case: Taken, browser_of: BrowserOf
) -> None:
    page, member = f"/tickets/{case.ticket.id}", browser_of(case.member)
    said = {"reason_code": "silent", "words": "Nobody answers."}
    refused = member.post(f"{page}/take-case-back", data=said)
    form = form_of(refused.text, "take-case-back")
    assert refused.status_code == 422 and 'id="take-case-back-agreed-error"' in form
    assert "Nobody answers." in form and status_of(case) == "in_progress"
    answer = member.post(f"{page}/take-case-back", data={**said, "agreed": "1"})
    assert answer.status_code == 302 and status_of(case) == "accepted"
    shown = member.get(page).text
    assert "You choose who goes on" in shown and "the institution agrees" in shown
    assert acts_of(shown)[:2] == ["offer", "start"]


def test_a_lead_is_not_asked_whether_the_institution_agrees(
    case: Taken, browser_of: BrowserOf
) -> None:
    lead = browser_of(case.lead)
    form = form_of(lead.get(f"/tickets/{case.ticket.id}").text, "take-case-back")
    assert 'name="agreed"' not in form and 'name="ask_next"' in form


def test_the_enterprise_reads_that_it_came_back_and_not_why(
    case: Taken, browser_of: BrowserOf
) -> None:
    page = f"/tickets/{case.ticket.id}"
    said = {"reason_code": "poor", "words": "Full of mistakes."}
    browser_of(case.lead).post(f"{page}/take-case-back", data=said)
    shown = browser_of(case.asker).get(page).text
    assert "took it back from" in shown
    assert "Full of mistakes." not in shown and "falls short" not in shown


def test_the_institution_hears_of_it_and_reads_why_and_nothing_else(
    case: Taken, browser_of: BrowserOf
) -> None:
    page, title = f"/tickets/{case.ticket.id}", case.ticket.title
    said = {"reason_code": "slow", "words": "Three weeks."}
    browser_of(case.lead).post(f"{page}/take-case-back", data=said)
    told(case.ticket, "case.taken_back")
    institution = browser_of(case.institution)
    bell = flat(institution.get("/notifications").text)
    assert "The station has taken this back" in bell
    assert case.ticket.reference in bell and title not in bell
    lost = institution.get(f"/offers/{case.offers()[-1].id}")
    assert lost.status_code == 404 and title not in lost.text
    assert "took this case back" in lost.text and "It takes too long – Three weeks." in lost.text


def test_an_institution_gives_it_back_from_its_page(case: Taken, browser_of: BrowserOf) -> None:
    page, institution = f"/tickets/{case.ticket.id}", browser_of(case.institution)
    form = form_of(institution.get(page).text, "give-case-back")
    assert "What you have delivered stays counted." in flat(form)
    refused = institution.post(f"{page}/give-case-back", data={"reason_code": "no_capacity"})
    assert refused.status_code == 422 and 'id="give-case-back-words-error"' in refused.text
    answer = institution.post(
        f"{page}/give-case-back", data={"reason_code": "no_capacity", "words": "She left."}
    )
    assert answer.headers["Location"].endswith("/institution")
    assert status_of(case) == "accepted"
    assert "gave this case back" in institution.get(page).text
    member = browser_of(case.member).get(page).text
    assert "gave it back for" in member and "No capacity – She left." in member


def test_an_offer_is_withdrawn_on_the_ticket_and_made_again(browser_of: BrowserOf) -> None:
    case = accepted(now=now())
    case.offer(case.institution, now=now())
    page, member = f"/tickets/{case.ticket.id}", browser_of(case.member)
    assert "withdraw-offer" in acts_of(member.get(page).text)
    member.post(f"{page}/withdraw-offer", data={"reason": "The wrong firm."})
    assert status_of(case) == "accepted"
    again = {"institution_id": case.other.institution_id, "reason": "They know it."}
    member.post(f"{page}/offer", data=again)
    assert status_of(case) == "dispatched"
    assert case.offers()[-1].institution_id == case.other.institution_id


def test_an_offer_is_withdrawn_on_the_board_and_made_again_there(
    app: Flask, browser_of: BrowserOf
) -> None:
    case = accepted(now=now())
    case.offer(case.institution, now=now())
    act, lead = f"/tickets/{case.ticket.id}", browser_of(case.lead)
    assert f'action="{act}/withdraw-offer"' in lead.get("/board").text
    answer = lead.post(f"{act}/withdraw-offer", data={"from": "board"})
    assert answer.headers["Location"].endswith("/board")
    lead.get("/board")
    with Statements(app) as statements:
        shown = lead.get("/board").text
    assert len(statements.seen) <= MOST_STATEMENTS, "\n".join(statements.seen)
    form = form_of(shown, "offer")
    assert f'<option value="{case.other.institution_id}">' in form
    assert "choose who goes on" in flat(shown)
    again = {"from": "board", "institution_id": case.other.institution_id, "reason": "Near."}
    answer = lead.post(f"{act}/offer", data=again)
    assert answer.headers["Location"].endswith("/board") and status_of(case) == "dispatched"


def test_what_two_institutions_declined_is_offered_on_from_the_board(
    browser_of: BrowserOf,
) -> None:
    case = accepted(now=now())
    for one in (case.institution, case.other):
        offer_id = case.offer(one, now=now())
        decline_offer(
            actor=one, offer_id=offer_id, reason_code="no_capacity", comment="", now=now()
        )
    third = create_institution(services=(SERVICE,))
    form = form_of(browser_of(case.lead).get("/board").text, "offer")
    assert f'<option value="{third.id}">' in form


@pytest.mark.parametrize("reader", ["asker", "member", "lead", "institution"])
def test_the_page_of_a_case_that_turned_costs_as_many_statements(
    app: Flask, case: Taken, browser_of: BrowserOf, reader: str
) -> None:
    post_message(actor=case.institution, ticket_id=case.ticket.id, body="We begin.", now=now())
    take_back(
        actor=case.lead,
        ticket_id=case.ticket.id,
        reason_code="silent",
        words="Nobody answers.",
        now=now(),
    )
    case.offer(case.institution, now=now())
    case.take(case.institution, now=now())
    browser, page = browser_of(getattr(case, reader)), f"/tickets/{case.ticket.id}"
    browser.get(page)
    with Statements(app) as statements:
        assert browser.get(page).status_code == 200
    assert len(statements.seen) <= MOST_STATEMENTS, "\n".join(statements.seen)

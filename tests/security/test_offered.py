"""What an institution sees of a case before it accepts it, and after it did not: page, files, API,
lists and right agree.
"""

from __future__ import annotations

import io
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, g

from service_portal.access.actor import Actor, Role
from service_portal.accounts.tokens import make_token
from service_portal.assigning.answering import accept_offer, decline_offer
from service_portal.assigning.offering_by_hand import offer_to
from service_portal.assigning.services import assign_waiting
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import Attachment, Offer, Ticket
from service_portal.working.services import accept_ticket, add_note, post_message
from tests.factories.directory import create_institution, station
from tests.factories.tickets import create_ticket, enterprise_actor
from tests.signing_in import SignIn

SHOWN = {"title": "Title canary", "description": "Description canary"}
HIDDEN = {"contact_name": "Contact canary", "contact_phone": "0757-4242 4242"}
SAID, FILE, NOTE = "Said by the enterprise", "balance-sheet.txt", "Noted inside"
SECRET = (*HIDDEN.values(), SAID, FILE, NOTE)


class Case:
    """A case of the pool with words, a file and a note, offered to an institution."""

    def __init__(self, app: Flask, client_as: SignIn) -> None:
        """File it, accept it and offer it."""
        self.app = app
        self.at = now()
        self.institution = create_institution(services=("LEG-02",)).id
        member = client_as(Role.STATION_MEMBER, station_id=station().id)
        asker = client_as(Role.ENTERPRISE_OWNER)
        said = {"contract_language": "en"}
        self.ticket_id = create_ticket(
            "LEG-02",
            actor=asker.actor,
            enterprise_id=None,
            now=self.at,
            answers=said,
            **SHOWN,
            **HIDDEN,
        ).id
        route_waiting(now=self.at)
        assign_waiting(now=self.at)
        db.session.expire_all()
        accept_ticket(actor=member.actor, ticket_id=self.ticket_id, now=self.at)
        db.session.commit()
        g.pop("_login_user", None)
        sent = {"body": SAID, "files": (io.BytesIO(b"secret numbers"), FILE)}
        answer = asker.post(
            f"/tickets/{self.ticket_id}/messages", data=sent, content_type="multipart/form-data"
        )
        assert answer.status_code == 302
        post_message(
            actor=asker.actor, ticket_id=self.ticket_id, body="Call 0757-4242 4242", now=self.at
        )
        add_note(actor=member.actor, ticket_id=self.ticket_id, body=NOTE, now=self.at)
        offer_to(
            actor=member.actor,
            ticket_id=self.ticket_id,
            institution_id=self.institution,
            reason="Able",
            now=self.at,
        )
        db.session.commit()
        self.offer_id = db.session.scalars(
            sa.select(Offer.id).where(Offer.ticket_id == self.ticket_id)
        ).one()
        self.file_id = db.session.scalars(
            sa.select(Attachment.id).where(Attachment.ticket_id == self.ticket_id)
        ).one()
        self.reference = db.session.get_one(Ticket, self.ticket_id).reference
        g.pop("_login_user", None)
        self.reader = client_as(Role.INSTITUTION_LEAD, institution_id=self.institution)
        self.token = make_token(actor=self.reader.actor, name="a program", days=5, now=self.at)
        db.session.commit()

    @property
    def lead(self) -> Actor:
        """Give who answers for the institution."""
        return self.reader.actor

    def api(self, path: str = "", **sent: Any) -> Any:
        """Ask the API about the ticket."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.app.test_client().get(f"/api/v1/tickets{path}", headers=headers, **sent)

    def everything(self) -> dict[str, Any]:
        """Read all that the institution can ask for about the case, following where it is led."""
        pages = {
            path: self.reader.get(path, follow_redirects=True)
            for path in (
                f"/tickets/{self.ticket_id}",
                f"/tickets/{self.ticket_id}/conversation",
                f"/tickets/{self.ticket_id}/peek",
                f"/offers/{self.offer_id}",
                "/institution",
                "/all-tickets",
                "/all-tickets?q=canary",
                "/messages",
                f"/attachments/{self.file_id}",
            )
        }
        of_api = (
            "",
            "?q=canary",
            f"/{self.reference}",
            f"/{self.reference}/timeline",
            f"/{self.reference}/decisions",
        )
        return {**pages, **{f"API {path}": self.api(path) for path in of_api}}


@pytest.fixture
def case(app: Flask, client_as: SignIn) -> Case:
    """Give an offered case."""
    return Case(app, client_as)


def test_before_it_accepts_an_institution_reads_the_request_and_not_a_word_more(case: Case) -> None:
    for path, answer in case.everything().items():
        assert not [
            word for word in SECRET if word in answer.text or word.encode() in answer.data
        ], path
        assert b"secret numbers" not in answer.data, path
    page = case.reader.get(f"/tickets/{case.ticket_id}", follow_redirects=True)
    assert page.request.path == f"/offers/{case.offer_id}", "the ticket's page is the offer's"
    enterprise = db.session.scalar(
        sa.text(
            "SELECT e.name_en FROM ticket AS t JOIN enterprise AS e ON e.id = t.enterprise_id WHERE"
            " t.id = :id"
        ),
        {"id": case.ticket_id},
    )
    for word in (*SHOWN.values(), enterprise, "Decline"):
        assert word in page.text
    said = case.api(f"/{case.reference}").json
    assert (said["title"], said["description"]) == tuple(SHOWN.values())
    for name in (
        "contact",
        "owner",
        "station",
        "rating",
        "outcome",
        "channel",
        "last_word_by",
        "last_word_at",
        "accepted_at",
    ):
        assert said[name] is None, name
    assert {clock["kind"] for clock in said["clocks"]} <= {"offer", "resolve"}


def test_an_offered_cases_files_and_conversation_are_refused(case: Case) -> None:
    assert case.reader.get(f"/attachments/{case.file_id}").status_code == 404
    assert case.reader.get(f"/tickets/{case.ticket_id}/conversation").status_code == 403
    assert case.api(f"/{case.reference}/timeline").status_code == 403


def test_after_it_accepts_it_reads_everything_of_the_case_but_notes(case: Case) -> None:
    accept_offer(actor=case.lead, offer_id=case.offer_id, now=now())
    db.session.commit()
    page = case.reader.get(f"/tickets/{case.ticket_id}").text
    for word in (*SHOWN.values(), *HIDDEN.values(), SAID, FILE):
        assert word in page, word
    assert NOTE not in page
    assert case.reader.get(f"/attachments/{case.file_id}").data == b"secret numbers"
    assert SAID in case.api(f"/{case.reference}/timeline").text
    assert case.api(f"/{case.reference}").json["contact"]["name"] == HIDDEN["contact_name"]


def test_after_it_declined_it_reads_nothing_of_the_case(case: Case) -> None:
    decline_offer(
        actor=case.lead, offer_id=case.offer_id, reason_code="no_capacity", comment="", now=now()
    )
    db.session.commit()
    for path, answer in case.everything().items():
        assert not [word for word in (*SECRET, *SHOWN.values()) if word in answer.text], path
    assert case.reader.get(f"/attachments/{case.file_id}").status_code == 404


def test_whoever_filed_at_the_desk_reads_it_in_another_station_and_no_note_of_it(
    client_as: SignIn,
) -> None:
    at = now()
    filer = client_as(Role.STATION_MEMBER, station_id=station("ST09").id)
    asker = enterprise_actor()
    ticket = create_ticket("POL-03", actor=filer.actor, enterprise_id=asker.enterprise_id, now=at)
    db.session.commit()
    page = f"/tickets/{ticket.id}"
    assert filer.get(page).status_code == 200, "before it has a station"
    g.pop("_login_user", None)
    member = client_as(Role.STATION_MEMBER, station_id=station().id)
    route_waiting(now=at)
    assign_waiting(now=at)
    db.session.expire_all()
    assert db.session.get_one(Ticket, ticket.id).station_id == station().id
    accept_ticket(actor=member.actor, ticket_id=ticket.id, now=at)
    add_note(actor=member.actor, ticket_id=ticket.id, body=NOTE, now=at)
    post_message(actor=member.actor, ticket_id=ticket.id, body=SAID, now=at)
    db.session.commit()
    g.pop("_login_user", None)
    shown = filer.get(page)
    assert shown.status_code == 200 and SAID in shown.text and NOTE not in shown.text
    assert f'action="{page}/' not in shown.text, "nothing to do there"
    for act, sent in (
        ("messages", {"body": "x"}),
        ("notes", {"body": "x"}),
        ("start", {}),
        ("contact", {"channel": "phone", "summary": "x"}),
    ):
        assert filer.post(f"{page}/{act}", data=sent).status_code == 403, act

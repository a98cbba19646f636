"""A loan request with files that went to two banks, and who opens them."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from secrets import token_hex
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from service_portal.access.actor import Actor
from service_portal.files.storing import Stored, path_of
from service_portal.financing.accepting import accept_answer
from service_portal.financing.answering import approve_line, take_up_request
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.people.models import Person
from service_portal.tickets.attachments import attach
from service_portal.tickets.models import Attachment, Ticket
from tests.factories.loans import ask, bank_actor, create_product, create_request
from tests.factories.tickets import enterprise_actor
from tests.services.loans import LINE
from tests.signing_in import SignedIn, sign_in

BALANCE, LETTER = b"the balance sheet", b"a letter to one bank"


def keep(app: Flask, ticket: Ticket, actor: Actor, name: str, *, purpose: str) -> int:
    """Keep a file on a request and give its id."""
    stored = Stored(token_hex(20), len(BALANCE), "0" * 64, "text/plain", name)
    path = path_of(stored.storage_name, Path(app.config["PORTAL_HOME"]))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(BALANCE)
    about: Any = {"enterprise_id": ticket.enterprise_id, "ticket_id": ticket.id, "now": now()}
    return attach(stored, actor=actor, purpose=purpose, **about).id


class Loan:
    """A request with a file that went to two banks; one of them was sent a file, too."""

    def __init__(self, app: Flask) -> None:
        """File it, send it, and write to one bank."""
        self.app, self.asker = app, enterprise_actor()
        self.products = [create_product(valid_until=None) for _ in range(2)]
        self.ticket = create_request(self.asker)
        self.balance = keep(app, self.ticket, self.asker, "balance.txt", purpose="request")
        ask(self.asker, self.ticket, *self.products, now=now())
        self.banks = [bank_actor(product.institution_id) for product in self.products]
        self.owner = self.browser(self.asker)
        self.letter = self.send(self.owner, "letter.txt", institution=self.banks[0])

    def browser(self, actor: Actor) -> SignedIn:
        """Let somebody sign in."""
        return sign_in(self.app, person=db.session.get_one(Person, actor.person_id))

    def write(
        self, who: SignedIn, *files: tuple[bytes, str], body: str = "", institution: Actor | None
    ) -> TestResponse:
        """Write in a conversation, with files."""
        whose: Any = {"institution_id": institution.institution_id} if institution else {}
        sent = [(io.BytesIO(content), name) for content, name in files]
        return who.post(
            f"/tickets/{self.ticket.id}/write-to-bank",
            data={"body": body, "files": sent, **whose},
            content_type="multipart/form-data",
        )

    def send(self, who: SignedIn, name: str, *, institution: Actor | None = None) -> int:
        """Send a file in a conversation, and give its id."""
        answer = self.write(who, (LETTER, name), institution=institution)
        assert answer.status_code == 302, answer.text
        query = sa.select(Attachment.id).where(Attachment.file_name == name)
        return db.session.scalars(query.order_by(Attachment.id.desc()).limit(1)).one()

    def accept(self) -> None:
        """Let the first bank approve, and the enterprise accept that."""
        about: Any = {"ticket_id": self.ticket.id, "now": now()}
        take_up_request(actor=self.banks[0], **about)
        approve_line(actor=self.banks[0], **about, **{**LINE, "valid_until": date(2035, 1, 1)})
        whose = self.banks[0].institution_id or 0
        accept_answer(actor=self.asker, institution_id=whose, enough=False, **about)
        db.session.commit()

    def opens(self, who: Actor) -> list[int]:
        """Say how the request's file and the letter answer somebody."""
        browser = self.browser(who)
        return [
            browser.get(f"/attachments/{one}").status_code for one in (self.balance, self.letter)
        ]

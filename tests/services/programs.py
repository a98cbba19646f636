"""Programs with tokens, what they send, and how their answers are checked."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask, has_app_context
from flask_babel import refresh
from werkzeug.test import TestResponse

from service_portal.access.actor import Actor
from service_portal.accounts.tokens import make_token
from service_portal.api import shapes
from service_portal.assigning.services import assign_waiting
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import Ticket
from service_portal.tickets.rules import Move, Status
from tests.factories.directory import station
from tests.factories.tickets import create_ticket
from tests.services.contract import hold

FILING: dict[str, Any] = {
    "service": "POL-03",
    "title": "Which subsidies can we get",
    "description": "We bought new machines last month.",
    "contact_name": "林伟",
    "contact_phone": "0757-8888 0000",
    "answers": {"policy_doc_no": "NH-2026-17", "amount_claimed": "120,000", "claim_stage": "filed"},
}
ANSWER = {
    "body": "The claim was accepted by the department.",
    "outcome": "resolved",
    "evidence_note": "slip 4711",
    "channel": "document",
    "minutes": 30,
}


class Program:
    """A program with a token."""

    def __init__(self, app: Flask, token: str | None, actor: Actor | None = None) -> None:
        self.app, self.token, self._actor = app, token, actor

    @property
    def actor(self) -> Actor:
        """Give whose token it is."""
        assert self._actor is not None
        return self._actor

    def ask(self, method: str, path: str, **options: Any) -> TestResponse:
        """Send a request through a fresh client, which knows no cookie; what is answered has to be
        what the document says.
        """
        headers = {
            **({"Authorization": f"Bearer {self.token}"} if self.token else {}),
            **options.pop("headers", {}),
        }
        client = self.app.test_client()
        if has_app_context():
            # Requests share the test's context and session: an error must not roll back what the
            # test has made, nor one request's language stay.
            db.session.commit()
            db.session.expire_all()
            refresh()
        answer = client.open(f"/api/v1{path}", method=method, headers=headers, **options)
        assert "Set-Cookie" not in answer.headers
        hold(self.app, method, f"/api/v1{path}", options.get("json"), answer)
        return answer

    def get(self, path: str, **query: Any) -> TestResponse:
        """Read."""
        return self.ask("GET", path, query_string=query)

    def post(self, path: str, said: Any, **headers: str) -> TestResponse:
        """Do."""
        return self.ask(
            "POST",
            path,
            json=said,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    def move(self, reference: str, move: str, **needs: Any) -> TestResponse:
        """Make a move."""
        return self.post(f"/tickets/{reference}/moves", {"move": move, **needs})


def program_of(app: Flask, actor: Actor) -> Program:
    """Make a token for an actor."""
    return Program(app, make_token(actor=actor, name="a program", days=30, now=now()), actor)


def problem(answer: TestResponse, status: int, *fields: str) -> dict[str, Any]:
    """Check that an answer is a problem that names these fields, and give it."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"
    said: dict[str, Any] = answer.get_json()
    assert {"type", "title", "status", "code", "detail"} <= said.keys() and said["status"] == status
    assert {error["field"] for error in said.get("errors", [])} == set(fields), said
    assert all(error["message"] for error in said.get("errors", []))
    return said


def fits(said: dict[str, Any], shape: Any) -> None:
    """Check that an answer has exactly the fields its shape shows, lists and nested ones too."""
    shape = shape() if isinstance(shape, type) else shape
    known = {field.data_key or name: field for name, field in shape.fields.items()}
    assert said.keys() == known.keys()
    for name, field in known.items():
        inner, value = getattr(field, "inner", field), said[name]
        if hasattr(inner, "schema") and value is not None:
            for one in value if isinstance(value, list) else [value]:
                fits(one, inner.schema)


def place(ticket: Ticket) -> None:
    """Route and assign a ticket, and let it lie in the station of `as_role`."""
    route_waiting(now=now())
    assign_waiting(now=now())
    db.session.execute(
        sa.update(Ticket).where(Ticket.id == ticket.id).values(station_id=station().id)
    )
    db.session.expire_all()


class Walk:
    """People and tickets in a station, and a way to make moves that notes which were made."""

    def __init__(self, owner: Program, lead: Program, member: Program) -> None:
        self.owner, self.lead, self.member = owner, lead, member
        self.made: list[Move] = []

    def file(self, service: str = "POL-03") -> str:
        """File a ticket that lies in the station."""
        ticket = create_ticket(service, actor=self.owner.actor, now=now())
        place(ticket)
        return ticket.reference

    def move(
        self, program: Program, reference: str, move: Move, status: Status, **needs: Any
    ) -> None:
        """Make a move and check where it leads and that it was offered."""
        assert move in program.get(f"/tickets/{reference}").get_json()["moves"]
        answer = program.move(reference, move, **needs)
        said = answer.get_json()
        assert answer.status_code == 200, said
        fits(said, shapes.Moved)
        assert (said["move"], said["status"]) == (move, status)
        self.made.append(move)

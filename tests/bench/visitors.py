"""Who visits during a measurement: signed-in browsers and API tokens of people in the database, and
the requests they send.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any, cast

import sqlalchemy as sa
from flask import current_app, g, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import login_user
from flask_wtf.csrf import generate_csrf

from service_portal.access.actor import Actor, Role
from service_portal.accounts.models import Membership
from service_portal.accounts.queries import actor_from, memberships_of
from service_portal.accounts.tokens import make_token
from service_portal.catalogue.queries import active_services
from service_portal.catalogue.rules import FieldDefinition, ServiceDefinition
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.people.models import Person
from tests.bench.driving import form, request

AGENT = "bench"
FORM = "application/x-www-form-urlencoded"
VISITORS = 60
# Who files: so many that nobody files more in a minute than an enterprise does in a month.
FILERS = 600
_WORDS = [
    "设备",
    "贷款",
    "专利",
    "申请",
    "补贴",
    "检测",
    "合同",
    "出口",
    "人才",
    "税务",
    "厂房",
    "培训",
    "认证",
    "节能",
    "数据",
    "融资",
    "machine",
    "export",
    "patent",
    "audit",
    "grant",
    "lease",
    "invoice",
    "energy",
    "hiring",
    "budget",
]
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in browser: who it is, its cookie and the token its forms carry."""

    actor: Actor
    cookie: str
    csrf: str

    def get(self, path: str) -> bytes:
        """Make the request that opens a page."""
        return request("GET", path, {"Cookie": self.cookie, "User-Agent": AGENT})

    def post(self, path: str, values: dict[str, str]) -> bytes:
        """Make the request that sends a form."""
        return request(
            "POST",
            path,
            {
                "Cookie": self.cookie,
                "User-Agent": AGENT,
                "Content-Type": FORM,
                "Referer": "http://127.0.0.1/",
            },
            form({"csrf_token": self.csrf, **values}),
        )


def visitors(role: Role, *, most: int = VISITORS) -> list[Visitor]:
    """Sign in people who act in a role, the lowest ids first."""
    query = (
        sa.select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.role == role, Membership.ended_at.is_(None), Person.active)
    )
    return [
        visitor(person, role)
        for person in db.session.scalars(query.order_by(Person.id).limit(most))
    ]


def visitor(person: Person, role: Role) -> Visitor:
    """Sign a person in as the sign-in page does, without the password."""
    membership = next(
        membership for membership in memberships_of(person.id) if membership.role == role
    )
    with current_app.test_request_context(
        headers={"User-Agent": AGENT}, environ_base={"REMOTE_ADDR": "127.0.0.1"}
    ):
        for kept in ("csrf_token", "_login_user"):
            g.pop(kept, None)
        login_user(person)
        csrf = generate_csrf()
        sessions = cast(SecureCookieSessionInterface, current_app.session_interface)
        signer = sessions.get_signing_serializer(current_app)
        assert signer is not None, "there is a SECRET_KEY"
        value = signer.dumps(dict(session))
    return Visitor(
        actor_from(person, membership), f"{current_app.config['SESSION_COOKIE_NAME']}={value}", csrf
    )


def tokens_of(people: list[Visitor]) -> list[str]:
    """Make an API token for each."""
    with unit_of_work():
        return [
            make_token(actor=person.actor, name="bench", days=1, now=now()) for person in people
        ]


def sentence(random: Random, words: int) -> str:
    """Give words nobody has used in this order."""
    return " ".join(random.choices(_WORDS, k=words)) + f" {next(_numbers)}"


def answers_of(definition: ServiceDefinition, random: Random) -> dict[str, Any]:
    """Fill in what a service asks for."""
    return {field.key: _answer(field, random) for field in definition.fields if field.required}


def _answer(field: FieldDefinition, random: Random) -> Any:
    if field.choices:
        value = random.choice(field.choices).value
        return [value] if field.type == "choices" else value
    if field.type in {"number", "money"}:
        return str(max(field.minimum or 0, min(field.maximum or 120_000, 120_000)))
    return {"date": "2027-03-01", "yesno": True}.get(field.type) or sentence(random, 4)


def filings_by_form(people: list[Visitor], random: Random) -> Iterator[bytes]:
    """Send request forms for ever, every time for another enterprise and service, never twice the
    same words.
    """
    services = active_services()
    while True:
        service, person = random.choice(services), random.choice(people)
        answers = {
            f"answer_{key}": _typed(value)
            for key, value in answers_of(service.definition, random).items()
        }
        said = {
            "title": sentence(random, 3),
            "description": sentence(random, 12),
            "contact_name": "林伟",
            "contact_phone": "0757-88880000",
            "consent": "y",
            "once": secrets.token_urlsafe(16),
        }
        yield person.post(f"/tickets/new/{service.code}", {**answers, **said})


def _typed(value: Any) -> str:
    return "y" if value is True else value[0] if isinstance(value, list) else str(value)


def filings_by_api(tokens: list[str], random: Random) -> Iterator[bytes]:
    """File over the API for ever."""
    services = active_services()
    while True:
        service = random.choice(services)
        said = {
            "service": service.code,
            "title": sentence(random, 3),
            "description": sentence(random, 12),
            "contact_name": "林伟",
            "contact_phone": "0757-88880000",
            "answers": answers_of(service.definition, random),
        }
        headers = {
            "Authorization": f"Bearer {random.choice(tokens)}",
            "Content-Type": "application/json",
            "Idempotency-Key": secrets.token_urlsafe(16),
        }
        yield request(
            "POST", "/api/v1/tickets", headers, json.dumps(said, ensure_ascii=False).encode()
        )


def over(requests: list[bytes], random: Random) -> Iterator[bytes]:
    """Send one of some requests for ever."""
    while True:
        yield random.choice(requests)

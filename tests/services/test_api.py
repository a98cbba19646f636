"""The API by real requests: who gets in, what is filed once, what is foreign,
and its description.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Role
from service_portal.accounts.models import ApiToken, Membership
from service_portal.accounts.tokens import digest_of
from service_portal.assigning.offering import offer_waiting
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from tests.factories.directory import create_institution, create_station
from tests.factories.tickets import create_ticket
from tests.services.programs import FILING, Program, place, problem
from tests.signing_in import SignIn


def test_without_a_valid_token_nobody_gets_in(owner: Program, app: Flask) -> None:
    said = problem(Program(app, None).get("/tickets"), 401)
    assert said["code"] == "token" and "Authorization" in said["detail"]
    assert Program(app, None).get("/tickets").headers["WWW-Authenticate"] == 'Bearer realm="api"'
    for token in ("sp_" + "x" * 43, "nonsense", "sp_", "é" * 50, "x" * 5000):
        answer = Program(app, token).get("/tickets")
        problem(answer, 401)
        assert "invalid_token" in answer.headers["WWW-Authenticate"]
    for scheme in ("Basic", "Token", ""):
        problem(
            owner.ask(
                "GET", "/tickets", headers={"Authorization": f"{scheme} {owner.token}".strip()}
            ),
            401,
        )
    assert owner.get("/tickets").status_code == 200


@pytest.mark.parametrize(
    "change", [{"revoked_at": timedelta()}, {"expires_at": timedelta(seconds=-1)}]
)
def test_a_revoked_or_expired_token_is_worth_nothing(
    owner: Program, change: dict[str, timedelta]
) -> None:
    assert owner.get("/services").status_code == 200
    values = {name: now() + shift for name, shift in change.items()}
    db.session.execute(
        sa.update(ApiToken)
        .where(ApiToken.token_hash == digest_of(owner.token or ""))
        .values(values)
    )
    problem(owner.get("/services"), 401)
    problem(owner.post("/tickets", FILING), 401)


def test_a_role_that_ended_ends_its_tokens(owner: Program) -> None:
    db.session.execute(
        sa.update(Membership)
        .where(Membership.id == owner.actor.membership_id)
        .values(ended_at=now())
    )
    problem(owner.get("/services"), 401)


def test_a_signed_in_browser_is_nobody_here(client_as: SignIn) -> None:
    browser = client_as(Role.ENTERPRISE_OWNER)
    assert browser.get("/home").status_code == 200
    assert browser.get("/api/v1/tickets").status_code == 401
    assert browser.post("/api/v1/tickets", json=FILING).status_code == 401


def test_no_csrf_is_asked_of_programs(
    owner: Program, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    assert owner.post("/tickets", FILING).status_code == 201


def test_roles_hold_here_too(as_role: Callable[..., Program], owner: Program) -> None:
    manager, administrator = as_role(Role.MANAGER), as_role(Role.ADMINISTRATOR)
    assert problem(manager.post("/tickets", FILING), 403)["code"] == "forbidden"
    problem(administrator.get("/tickets"), 403)
    problem(owner.get("/usage"), 403)
    reference = owner.post("/tickets", FILING).get_json()["reference"]
    problem(owner.get(f"/tickets/{reference}/decisions"), 403)
    problem(owner.move(reference, "accept"), 403)
    problem(manager.post(f"/tickets/{reference}/messages", {"body": "Hello"}), 403)


def test_a_foreign_ticket_answers_like_a_missing_one(
    owner: Program, as_role: Callable[..., Program]
) -> None:
    reference = owner.post("/tickets", FILING).get_json()["reference"]
    others = [
        as_role(Role.ENTERPRISE_OWNER),
        as_role(Role.STATION_MEMBER, station_id=create_station().id),
        as_role(Role.INSTITUTION_LEAD),
    ]
    mate = as_role(Role.ENTERPRISE_STAFF, enterprise_id=owner.actor.enterprise_id)
    for other in [*others, mate]:
        assert other.get("/tickets").get_json()["tickets"] == []
        for method, path in (
            ("GET", ""),
            ("GET", "/timeline"),
            ("GET", "/decisions"),
            ("POST", "/moves"),
            ("POST", "/messages"),
            ("POST", "/rating"),
        ):
            for body in ({"move": "accept", "body": "x", "level": 3}, {}):
                foreign, missing = (
                    other.ask(
                        method,
                        f"/tickets/{name}{path}",
                        **({"json": body} if method == "POST" else {}),
                    )
                    for name in (reference, "NH-2026-99999")
                )
                assert foreign.status_code in {403, 404}
                assert (foreign.status_code, foreign.data, dict(foreign.headers)) == (
                    missing.status_code,
                    missing.data,
                    dict(missing.headers),
                )
                assert foreign.mimetype == "application/problem+json"


def test_what_is_not_for_everybody_is_left_out(
    as_role: Callable[..., Program], owner: Program
) -> None:
    institution = create_institution(services=("LEG-02",))
    member, lead = (
        as_role(Role.STATION_MEMBER),
        as_role(Role.INSTITUTION_LEAD, institution_id=institution.id),
    )
    ticket = create_ticket("LEG-02", actor=owner.actor, now=now())
    reference = ticket.reference
    place(ticket)
    member.post(f"/tickets/{reference}/messages", {"body": "Only for us", "audience": "internal"})
    member.post(f"/tickets/{reference}/messages", {"body": "For everybody"})
    assert member.move(reference, "accept").status_code == 200
    assert offer_waiting(now=now()) == 1
    asked = lead.get(f"/tickets/{reference}").get_json()
    assert (
        asked["contact"] is None
        and asked["enterprise"]["uscc"] is None
        and asked["moves"] == ["pick_up", "bounce"]
    )
    problem(lead.post(f"/tickets/{reference}/messages", {"body": "Not yet"}), 403)
    assert lead.move(reference, "pick_up").get_json()["status"] == "in_progress"
    assert lead.get(f"/tickets/{reference}").get_json()["contact"]["phone"]
    for program, words in ((owner, 1), (lead, 1), (member, 2)):
        lines = program.get(f"/tickets/{reference}/timeline").get_json()["lines"]
        assert sum(line["type"] == "message" for line in lines) == words
    auditor = as_role(Role.AUDITOR).get(f"/tickets/{reference}").get_json()
    assert (auditor["description"], auditor["contact"], auditor["answers"], auditor["title"]) == (
        None,
        None,
        None,
        ticket.title,
    )
    texts = [
        line["text"]
        for line in as_role(Role.AUDITOR).get(f"/tickets/{reference}/timeline").get_json()["lines"]
        if line["type"] == "message"
    ]
    assert texts == [None, None]

"""The API by real requests: who gets in, what is filed once, what is foreign,
and its description.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from werkzeug.test import TestResponse

from service_portal.access.actor import Role
from service_portal.accounts.models import ApiToken, Membership
from service_portal.accounts.tokens import digest_of
from service_portal.api import shapes
from service_portal.api.moves import MOVES
from service_portal.assigning.offering import offer_waiting
from service_portal.directory.queries import forget_directory
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.tickets.models import IdempotencyKey, Ticket
from tests.factories.directory import create_enterprise, create_institution, create_station
from tests.factories.tickets import create_ticket, enterprise_actor
from tests.services.programs import FILING, Program, fits, place, problem, program_of


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


def test_a_signed_in_browser_is_nobody_here(client_as: Callable[..., Any]) -> None:
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


def test_filing_and_what_one_sees_of_it(owner: Program) -> None:
    answer = owner.post("/tickets", FILING)
    said = answer.get_json()
    assert (answer.status_code, answer.mimetype, answer.headers["Location"]) == (
        201,
        "application/json",
        said["href"],
    )
    assert answer.headers["Cache-Control"] == "private, no-store"
    fits(said, shapes.Filed)
    ticket = owner.get(f"/tickets/{said['reference'].lower()}").get_json()
    fits(ticket, shapes.Ticket)
    assert (ticket["title"], ticket["status"], ticket["channel"], ticket["contact"]) == (
        FILING["title"],
        "submitted",
        "api",
        {"name": "林伟", "phone": "0757-8888 0000"},
    )
    assert ticket["moves"] == ["withdraw"] and ticket["promised_at"].endswith("Z")
    assert [clock["kind"] for clock in ticket["clocks"]] == ["resolve"], (
        "an enterprise is promised an answer, not the steps to it"
    )
    fits(owner.get(f"/tickets/{said['reference']}/timeline").get_json(), shapes.Timeline)


def test_filing_takes_four_statements(owner: Program, app: Flask) -> None:
    owner.post("/tickets", FILING)
    counted: list[str] = []
    listen = lambda conn, cursor, statement, *_: counted.append(statement)  # noqa: E731
    sa.event.listen(sa.engine.Engine, "before_cursor_execute", listen)
    try:
        assert owner.post("/tickets", FILING, Idempotency_Key="four-statements").status_code == 201
    finally:
        sa.event.remove(sa.engine.Engine, "before_cursor_execute", listen)
    statements = [one for one in counted if "SAVEPOINT" not in one]
    assert len(statements) <= 4, statements


def test_the_same_key_files_once(owner: Program) -> None:
    first = owner.post("/tickets", FILING, Idempotency_Key="key-number-1")
    again = owner.post("/tickets", {**FILING}, Idempotency_Key="key-number-1")
    assert (first.status_code, again.status_code) == (201, 201) and first.data == again.data
    assert (
        again.headers["Idempotent-Replayed"] == "true"
        and "Idempotent-Replayed" not in first.headers
    )
    said = problem(
        owner.post(
            "/tickets", {**FILING, "title": "Something else"}, Idempotency_Key="key-number-1"
        ),
        409,
    )
    assert said["code"] == "key_reused"
    assert (
        owner.post("/tickets", FILING, Idempotency_Key="key-number-2").get_json()["reference"]
        != first.get_json()["reference"]
    )
    assert (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(Ticket)
            .where(Ticket.enterprise_id == owner.actor.enterprise_id)
        )
        == 2
    )
    assert owner.post("/tickets", FILING).get_json() != owner.post("/tickets", FILING).get_json(), (
        "without a key every sending is a request of its own"
    )


def test_a_key_is_ones_own_and_outlives_the_service(
    owner: Program, as_role: Callable[..., Program]
) -> None:
    first = owner.post("/tickets", FILING, Idempotency_Key="everybodys-key").get_json()
    other = as_role(Role.ENTERPRISE_OWNER).post(
        "/tickets", FILING, Idempotency_Key="everybodys-key"
    )
    assert other.status_code == 201 and other.get_json()["reference"] != first["reference"]
    db.session.execute(
        sa.text("UPDATE enterprise SET active = false WHERE id = :id"),
        {"id": owner.actor.enterprise_id},
    )
    forget_directory()
    assert owner.post("/tickets", FILING, Idempotency_Key="everybodys-key").get_json() == first
    assert (
        owner.post(
            "/tickets", {**FILING, "urgent": True}, Idempotency_Key="everybodys-key"
        ).status_code
        == 409
    )
    problem(owner.post("/tickets", FILING, Idempotency_Key="a-new-one"), 404)


@pytest.mark.parametrize("key", ["short", "x" * 129, "with space", "schlüssel"])
def test_a_bad_key_is_named(owner: Program, key: str) -> None:
    problem(owner.post("/tickets", FILING, Idempotency_Key=key), 422, "Idempotency-Key")


def test_two_at_once_with_one_key_file_once(fresh_app: Flask) -> None:
    with fresh_app.app_context():
        program = program_of(fresh_app, enterprise_actor())
        db.session.commit()
    for round_ in range(5):
        start, answers = threading.Barrier(4), []

        def send(
            key: str = f"at-the-same-time-{round_}",
            start: threading.Barrier = start,
            answers: list[TestResponse] = answers,
        ) -> None:
            start.wait()
            answers.append(program.post("/tickets", FILING, Idempotency_Key=key))

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.data for answer in answers}) == 1
        assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 3
    with fresh_app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Ticket)) == 5
        assert db.session.scalar(sa.select(sa.func.count()).select_from(IdempotencyKey)) == 5


def test_a_member_files_on_behalf_of_an_enterprise(
    as_role: Callable[..., Program], owner: Program
) -> None:
    member, enterprise = as_role(Role.STATION_MEMBER), create_enterprise()
    problem(member.post("/tickets", FILING), 422, "enterprise")
    problem(
        member.post("/tickets", {**FILING, "enterprise": "91440699MA00000000"}), 422, "enterprise"
    )
    problem(owner.post("/tickets", {**FILING, "enterprise": enterprise.uscc}), 422, "enterprise")
    said = member.post(
        "/tickets", {**FILING, "enterprise": enterprise.uscc, "channel": "phone"}
    ).get_json()
    ticket = db.session.scalars(
        sa.select(Ticket).where(Ticket.reference == said["reference"])
    ).one()
    assert (ticket.enterprise_id, ticket.channel) == (enterprise.id, "phone")


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


def test_the_document_describes_every_route(app: Flask, db_session: None) -> None:
    answer = app.test_client().get("/api/openapi.json")
    said = answer.get_json()
    assert answer.mimetype == "application/json" and said["openapi"].startswith("3.1")
    routes = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {
        (path, method)
        for path, item in said["paths"].items()
        for method in item
        if method != "parameters"
    } == routes
    text = json.dumps(said)
    for part in text.split('"$ref": "')[1:]:
        name = part.split('"')[0]
        where: Any = said
        for step in name.removeprefix("#/").split("/"):
            where = where[step]
    bodies = said["paths"]["/api/v1/tickets/{reference}/moves"]["post"]["requestBody"]["content"][
        "application/json"
    ]["schema"]
    assert len(bodies["oneOf"]) == len(MOVES)
    shapes_of_moves = {
        move: said["components"]["schemas"][name.rsplit("/", 1)[1]]
        for move, name in bodies["discriminator"]["mapping"].items()
    }
    assert {
        move: shape["properties"]["move"]["enum"] for move, shape in shapes_of_moves.items()
    } == {str(move): [str(move)] for move in MOVES}
    assert set(said["components"]["schemas"]["Problem"]["required"]) == set(
        said["components"]["schemas"]["Problem"]["properties"]
    ) - {"errors"}
    assert all(
        item[method]["summary"] and "default" in item[method]["responses"]
        for item in said["paths"].values()
        for method in item
        if method != "parameters"
    )
    assert said["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}


def test_the_document_is_a_valid_openapi_document(app: Flask, db_session: None) -> None:
    said = app.test_client().get("/api/openapi.json").get_json()
    validate(said)
    with pytest.raises(OpenAPIValidationError):
        validate({**said, "paths": {"nothing": {}}})


def test_the_page_of_the_document(app: Flask, db_session: None) -> None:
    page = app.test_client().get("/api/docs")
    assert page.status_code == 200 and "api-docs.js" in page.get_data(as_text=True)
    policy = dict(
        part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";")
    )
    assert policy["script-src"] == "'self'" and policy["style-src"] == "'self'"

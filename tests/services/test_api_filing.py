"""Programs file, once for each key, for themselves or for an enterprise."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from service_portal.access.actor import Role
from service_portal.api import shapes
from service_portal.directory.queries import forget_directory
from service_portal.kernel.db import db
from service_portal.tickets.models import IdempotencyKey, Ticket
from tests.factories.directory import create_enterprise
from tests.factories.tickets import enterprise_actor
from tests.services.programs import FILING, Program, fits, problem, program_of


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
    assert ticket["moves"] == ["urge", "withdraw"] and ticket["promised_at"].endswith("Z")
    assert [clock["kind"] for clock in ticket["clocks"]] == ["resolve"], (
        "an enterprise is promised an answer, not the steps to it"
    )
    fits(owner.get(f"/tickets/{said['reference']}/timeline").get_json(), shapes.Timeline)


def test_filing_takes_four_statements(owner: Program, app: Flask) -> None:
    owner.post("/tickets", FILING)
    counted: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        counted.append(statement)

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
        start = threading.Barrier(4)
        answers: list[TestResponse] = []

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

"""What does not fit is refused with a sentence that names the field, and nothing ever breaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from tests.services.contract import complaints
from tests.services.programs import FILING, Program, problem

WRONG: list[tuple[dict[str, Any], set[str]]] = [
    ({"title": None}, {"title"}),
    ({"title": ""}, {"title"}),
    ({"title": "   "}, {"title"}),
    ({"title": 5}, {"title"}),
    ({"title": ["a"]}, {"title"}),
    ({"title": "x" * 201}, {"title"}),
    ({"title": "a\x00b"}, {"title"}),
    ({"title": "\ud800"}, {"title"}),
    ({"description": "x" * 10_001}, {"description"}),
    ({"contact_phone": "ask"}, {"contact_phone"}),
    ({"urgent": "yes"}, {"urgent"}),
    ({"urgent": 1}, {"urgent"}),
    ({"service": "XYZ-99"}, {"service"}),
    ({"answers": []}, {"answers"}),
    ({"answers": {}}, {"answers.policy_doc_no", "answers.amount_claimed", "answers.claim_stage"}),
    ({"answers": {**FILING["answers"], "nonsense": 1}}, {"answers.nonsense"}),
    ({"answers": {**FILING["answers"], "claim_stage": "lost"}}, {"answers.claim_stage"}),
    ({"answers": {**FILING["answers"], "amount_claimed": -1}}, {"answers.amount_claimed"}),
    ({"answers": {**FILING["answers"], "policy_doc_no": {"a": [1]}}}, {"answers.policy_doc_no"}),
    ({"answers": {"nonsense": "\x00"}}, {"answers.nonsense"}),
    ({"station_id": 3, "status": "closed"}, {"station_id", "status"}),
    ({"title": "", "contact_phone": "1", "surprise": {}}, {"title", "contact_phone", "surprise"}),
]


@pytest.mark.parametrize(
    ("change", "fields"),
    WRONG,
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value)[:40],
)
def test_every_wrong_field_is_named(
    owner: Program, app: Flask, change: dict[str, Any], fields: set[str]
) -> None:
    problem(owner.post("/tickets", {**FILING, **change}), 422, *fields)
    assert (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(Ticket)
            .where(Ticket.enterprise_id == owner.actor.enterprise_id)
        )
        == 0
    )
    # What the catalogue decides and halves of characters no schema can forbid; all else the
    # document warns of.
    if not any(field.startswith(("answers.", "service")) for field in fields) and change != {
        "title": "\ud800"
    }:
        assert complaints(
            app,
            "application/json",
            {**FILING, **change},
            "paths",
            "/api/v1/tickets",
            "post",
            "requestBody",
        )


def test_missing_fields_are_named_all_at_once(owner: Program) -> None:
    problem(
        owner.post("/tickets", {}),
        422,
        "service",
        "title",
        "description",
        "contact_name",
        "contact_phone",
    )


def test_what_is_said_twice_is_named(owner: Program) -> None:
    for body, field in (
        (b'{"title": "one", "title": "another"}', "title"),
        (b'{"answers": {"a": 1, "b": 2, "a": 1}}', "a"),
    ):
        problem(
            owner.ask("POST", "/tickets", data=body, content_type="application/json"), 422, field
        )


def test_a_whole_number_may_have_a_point(owner: Program, as_role: Callable[..., Program]) -> None:
    reference = owner.post("/tickets", FILING).get_json()["reference"]
    assert (
        problem(owner.post(f"/tickets/{reference}/rating", {"level": 5.0}), 409)["code"]
        == "conflict"
    ), "no field is to blame: nothing has been answered yet"
    for level in (5.5, 6.0, 0.0, 1e300, -1e300, True, "5"):
        problem(owner.post(f"/tickets/{reference}/rating", {"level": level}), 422, "level")
    assert (
        as_role(Role.MANAGER).get("/usage", institution="9223372036854775807").get_json()["rows"]
        == []
    )
    problem(
        as_role(Role.MANAGER).get("/usage", institution="9223372036854775808"), 422, "institution"
    )


def test_answers_are_checked_by_the_service(owner: Program) -> None:
    said = problem(
        owner.post("/tickets", {**FILING, "service": "FIN-01", "answers": {}}),
        422,
        *_required(owner, "FIN-01"),
    )
    assert said["code"] == "invalid"


def _required(owner: Program, code: str) -> list[str]:
    fields = owner.get(f"/services/{code}").get_json()["fields"]
    return [f"answers.{field['key']}" for field in fields if field["required"]]


BODIES: list[tuple[bytes, str, int]] = [
    (b"", "application/json", 400),
    (b"{", "application/json", 400),
    (b'{"title": NaN}', "application/json", 400),
    (b"\xff\xfe{\x00}\x00", "application/json", 400),
    (b'{"title": "\xed\xa0\x80"}', "application/json", 400),
    (b"[" * 100_000, "application/json", 400),
    (b'{"answers": ' + b"9" * 5000 + b"}", "application/json", 400),
    (b'{"answers": ' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}", "application/json", 422),
    (b"[]", "application/json", 422),
    (b'"text"', "application/json", 422),
    (b"null", "application/json", 422),
    (b'{"title": "one", "title": "another"}', "application/json", 422),
    (b'{"answers": {"\\u0000": 1, "\\u0000": 2}}', "application/json", 422),
    (b"title=x", "application/x-www-form-urlencoded", 415),
    (b"{}", "text/plain", 415),
    (b'{"title": "' + b"x" * 1_100_000 + b'"}', "application/json", 413),
]


@pytest.mark.parametrize(("body", "kind", "status"), BODIES, ids=lambda value: str(value)[:30])
def test_an_unreadable_body_is_refused_with_a_sentence(
    owner: Program, body: bytes, kind: str, status: int
) -> None:
    answer = owner.ask("POST", "/tickets", data=body, content_type=kind)
    assert answer.status_code == status and answer.mimetype == "application/problem+json"
    assert answer.get_json()["detail"]


def test_a_number_no_column_holds_is_refused(owner: Program) -> None:
    for said in ("9" * 40, "1e300", "Infinity", "NaN", 1e308, "1e-999999"):
        required = {
            field["key"]: _any(field)
            for field in owner.get("/services/FIN-01").get_json()["fields"]
            if field["required"]
        }
        money = next(
            field["key"]
            for field in owner.get("/services/FIN-01").get_json()["fields"]
            if field["type"] == "money"
        )
        answer = owner.post(
            "/tickets", {**FILING, "service": "FIN-01", "answers": {**required, money: said}}
        )
        assert answer.status_code == 422 and answer.mimetype == "application/problem+json"


def _any(field: dict[str, Any]) -> Any:
    if field["choices"]:
        value = field["choices"][0]["value"]
        return [value] if field["type"] == "choices" else value
    return {"date": "2027-03-01", "yesno": True, "money": "300000", "number": "3"}.get(
        field["type"], "some words"
    )


QUERIES = [
    ("/tickets", {"status": "nonsense"}, "status"),
    ("/tickets", {"station": "nowhere"}, "station"),
    ("/tickets", {"since": "yesterday"}, "since"),
    ("/tickets", {"since": "0001-01-01"}, "since"),
    ("/tickets", {"cursor": "damaged"}, "cursor"),
    ("/tickets", {"limit": "0"}, "limit"),
    ("/tickets", {"limit": "201"}, "limit"),
    ("/tickets", {"limit": "9" * 30}, "limit"),
    ("/tickets", {"limit": "١"}, "limit"),
    ("/tickets", {"institution": "-1"}, "institution"),
    ("/tickets", {"late": "maybe"}, "late"),
    ("/tickets", {"q": "a\x00b"}, "q"),
    ("/tickets", {"q": "x" * 101}, "q"),
    ("/tickets", {"surprise": "1"}, "surprise"),
    ("/tickets", {"limit": ["1", "2"]}, "limit"),
    ("/services", {"surprise": "1"}, "surprise"),
    ("/usage", {"group_by": "weather"}, "group_by"),
    ("/usage", {"from": "2026"}, "from"),
    ("/usage", {"from": "2026-13"}, "from"),
    ("/usage", {"from": "2026-11-02"}, "from"),
    ("/usage", {"to": "2026-11-29"}, "to"),
    ("/usage", {"to": "2026-02-30"}, "to"),
    ("/usage", {"from": "2026-11", "to": "2026-10"}, "to"),
    ("/usage", {"station": "x"}, "station"),
    ("/usage", {"park": "x"}, "park"),
]


@pytest.mark.parametrize(
    ("path", "query", "field"),
    QUERIES,
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value)[:40],
)
def test_a_wrong_query_is_named(
    as_role: Callable[..., Program], path: str, query: dict[str, Any], field: str
) -> None:
    problem(as_role(Role.MANAGER).get(path, **query), 422, field)


def test_addresses_that_are_none(owner: Program, app: Flask) -> None:
    for path in (
        "/nothing",
        "/tickets/",
        "/tickets/NH-2026-99999/nothing",
        "/tickets/%00",
        "/tickets/%ED%A0%80",
        "/services/XYZ-1",
        "/services/%00",
    ):
        assert problem(owner.get(path), 404)["code"] == "missing", path
    answer = owner.ask("DELETE", "/tickets")
    assert problem(answer, 405)["code"] == "method" and "POST" in answer.headers["Allow"]
    problem(Program(app, None).get("/nothing"), 404)
    problem(owner.get(""), 404)
    assert app.test_client().get("/nothing").mimetype == "text/html"


def test_problems_speak_the_persons_language(owner: Program) -> None:
    db.session.execute(
        sa.text("UPDATE person SET locale = 'zh' WHERE id = :id"), {"id": owner.actor.person_id}
    )
    said = problem(
        owner.post("/tickets", {**FILING, "title": "", "urgent": 5}), 422, "title", "urgent"
    )
    assert {error["message"] for error in said["errors"]} == {
        "请填写此项。",
        "请填写 true 或 false。",
    }
    assert any("\u4e00" <= c <= "\u9fff" for c in said["detail"])

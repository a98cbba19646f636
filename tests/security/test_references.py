"""What a body may name: programs make every move on their own tickets naming the other side's
things, and every column of every table is offered to every form.
"""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from marshmallow import fields

from service_portal.api.fields import OneOf
from service_portal.api.moves import BODIES as SHAPES
from service_portal.api.moves import MOVES
from service_portal.kernel.db import db
from service_portal.tickets.rules import Move
from tests.security.asking import ask, owned, rules, send
from tests.security.contents import BODIES, BODY
from tests.security.sides import Somebody
from tests.security.watching import NOT_THEIRS, OF_A_SIDE, SUMS, Watch, is_foreign, some

SENTINEL = 812_345_678
# The books of the zone, and what only counts requests.
NOBODYS = {
    *SUMS,
    "api_token",
    "idempotency_key",
    "outbox",
    "usage_enterprise_month",
    "usage_head",
}
# What ends a ticket, or rightly gives it to another station, would leave the next one nothing to
# try.
ENDS = {Move.WITHDRAW, Move.REFUSE, Move.CONFIRM, Move.HAND_OVER}
# Sessions and their own settings, which a person may change as they like.
ENDING = {"accounts.end_membership", "accounts.act_as", "accounts.switch_person"}


def foreign_ids(watch: Watch) -> dict[str, int]:
    """Give the other side's things by the names bodies use."""
    other = watch.world.sides["b"]
    return {
        "member_id": other.people["member"].actor.member_id or 0,
        "institution_id": other.institution_id,
        "station_id": other.station_id,
    }


def body_of(move: str, named: dict[str, int]) -> dict[str, Any]:
    """Give a body that fits a move's schema, with the other side's things wherever it names one."""
    body: dict[str, Any] = {"move": move}
    for name, kind in SHAPES[Move(move)].fields.items():
        if name == "move":
            continue
        if name.endswith("_id"):
            body[name] = named[name]
        elif isinstance(kind, OneOf):
            body[name] = kind.allowed[0]
        elif isinstance(kind, fields.Boolean):
            body[name] = True
        elif isinstance(kind, fields.Integer):
            body[name] = 3
        elif isinstance(kind, fields.Dict):
            body[name] = {}
        else:
            body[name] = "0757-12345 and some words"
    return body


@pytest.mark.parametrize("name", OF_A_SIDE)
def test_a_program_that_names_foreign_things_changes_none(watch: Watch, name: str) -> None:
    who, named = watch.person(name), foreign_ids(watch)
    before, leaks, answers = watch.rows(), [], set()
    (rule,) = (rule for rule in rules(watch.app, "POST") if rule.endpoint == "v1.make_move")
    for reference in watch.objects.split(who, rule)[0]:
        for move in MOVES.keys() - ENDS:
            answer = send(who, watch.app, ask("POST", rule, reference), body=body_of(move, named))
            answers.add(answer.status_code)
            leaks += watch.leaks(who, answer.get_data(as_text=True))
    assert answers <= {200, 403, 404, 409, 422} and (
        200 in answers or name not in {"owner", "member"}
    ), answers
    assert not leaks
    assert not moved(watch, who, before)


def moved(watch: Watch, who: Somebody, before: dict[Any, dict[str, Any]]) -> list[Any]:
    """List the rows of others that are not as they were, but for being asked and the load that
    comes with it.
    """
    after, found = watch.rows(), []
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        row = old or new
        if (
            row is None
            or key[0] in NOBODYS
            or (
                old
                and new
                and all(old[name] == new[name] for name in old if name not in NOT_THEIRS)
            )
        ):
            continue
        if is_foreign(watch, who, key[0], row):
            found.append(
                (
                    key,
                    {
                        name: (old and old[name], new and new[name])
                        for name in row
                        if not old or not new or old[name] != new[name]
                    },
                )
            )
    return found


@pytest.mark.parametrize("name", ["owner", "member", "lead", "institution lead"])
def test_a_case_can_only_be_given_to_those_of_its_station(watch: Watch, name: str) -> None:
    who, other = watch.person(name), watch.world.sides["b"].people["member"].actor.member_id
    headers = {"Authorization": f"Bearer {who.token}"}
    for ticket in watch.objects.rows["ticket"]:
        for member_id in (other, SENTINEL, 2**63 - 1):
            answer = who.client.post(
                f"/api/v1/tickets/{ticket['reference']}/moves",
                json={"move": "assign", "member_id": member_id, "reason": "x"},
                headers=headers,
            )
            assert answer.status_code in {403, 404, 409, 422}, (
                ticket["reference"],
                answer.status_code,
                answer.text,
            )


def test_a_request_is_filed_for_ones_own_enterprise_only(watch: Watch) -> None:
    other = watch.world.sides["b"]
    with watch.app.app_context():
        uscc = db.session.scalar(
            sa.text("SELECT uscc FROM enterprise WHERE id = :id"), {"id": other.enterprise_id}
        )
        db.session.rollback()
    before = watch.rows()
    said = {
        "service": "POL-03",
        "title": "x",
        "description": "y",
        "contact_name": "z",
        "contact_phone": "12345",
        "answers": {},
    }
    for name in (
        "owner",
        "staff",
        "institution lead",
        "worker",
        "manager",
        "auditor",
        "administrator",
    ):
        who = watch.person(name)
        for more in (
            {"enterprise": uscc},
            {"enterprise_id": other.enterprise_id},
            {"station_id": other.station_id},
            {"filed_by_id": SENTINEL},
            {"status": "closed"},
        ):
            answer = who.client.post(
                "/api/v1/tickets",
                json={**said, **more},
                headers={"Authorization": f"Bearer {who.token}"},
            )
            assert answer.status_code in {403, 422}, (name, more, answer.text)
    assert {key: row for key, row in watch.rows().items() if key[0] != "api_token"} == {
        key: row for key, row in before.items() if key[0] != "api_token"
    }


@pytest.mark.parametrize("name", OF_A_SIDE)
def test_no_form_takes_a_column_it_does_not_show(watch: Watch, name: str) -> None:
    """Every number column of every table is offered to every form under its own name; none of them
    ends up in a row.
    """
    who = watch.person(name)
    columns = {
        column.name
        for table in db.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, sa.Integer | sa.BigInteger)
    }
    shown = {"days", "minutes", "attendees", "level"}
    offered = {column: str(SENTINEL) for column in columns - shown}
    flags = {
        "is_lead": "1",
        "is_headquarters": "1",
        "active": "1",
        "demo": "1",
        "countable": "1",
        "role": "administrator",
        "status": "archived",
        "close_outcome": "resolved",
    }
    for rule in rules(watch.app, "POST"):
        if rule.endpoint in ENDING or rule.rule.startswith("/api/"):
            continue
        for value in some(watch.objects.split(who, rule)[0], 1) if owned(rule) else [None]:
            answer = send(
                who,
                watch.app,
                ask("POST", rule, value),
                body={**BODY, **BODIES.get(rule.endpoint, {}), **flags, **offered},
            )
            assert answer.status_code < 500, rule.rule
    rows = watch.rows()
    assert not [
        (key, column)
        for key, row in rows.items()
        for column, value in row.items()
        if value == SENTINEL
    ]
    assert not [
        key for key, row in rows.items() if key[0] == "ticket" and row["status"] == "archived"
    ]
    assert {
        row["role"]
        for key, row in rows.items()
        if key[0] == "membership" and row["person_id"] == who.actor.person_id
    } == {str(who.role)}

"""Generates requests from the routes: which objects to ask for, with which bodies, and how answers
are compared.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from service_portal.kernel.db import db
from tests.security.contents import BODY
from tests.security.money import may_read_money
from tests.security.readers import Readers
from tests.security.sides import Side, Somebody

MISSING = 799_999_999
# Sign-in itself, what ends the session that asks, and what needs a secret nobody here holds; they
# have tests of their own.
LEFT_OUT = re.compile(
    r"security\..*|static|accounts\.(enter_demo|join|choose_language)"
    r"|factor\.end_(other_)?sessions?"
)
# What stands for a place without an owner.
PLAIN: dict[str, Any] = {
    "category_code": "FIN",
    "service_code": "FIN-01",
    "code": "FIN-01",
    "kind_name": "enterprises",
    "form": "csv",
    "kind": "csv",
    "where": "up",
    "year": 2025,
    "rule_id": 1,
    "calendar_id": 1,
    "entry_id": 1,
    "person_id": MISSING,
    "mail_id": MISSING,
    "what": "letter",
    "seq": MISSING,
    "role": "manager",
    "filename": "x",
    "choice": "drop",
    "scheme_code": "SME-2017-115",
    "scheme_id": MISSING,
    "version_id": 1,
    "run_id": 1,
    "fact_code": "revenue",
    "indicator_code": "rd_spending",
}
OWNED = {
    "ticket_id": "ticket",
    "reference": "ticket",
    "offer_id": "offer",
    "loan_offer_id": "offer",
    "product_id": "loan_product",
    "attachment_id": "attachment",
    "membership_id": "membership",
    "invitation_id": "invitation",
    "token_id": "api_token",
    "line_id": "credit_line",
    "correction_id": "money_correction",
    "enterprise_id": "enterprise",
    "score_id": "score",
    "fact_file_id": "fact_file",
}
ZONE_ROLES = {"manager", "auditor", "administrator"}


@dataclass(frozen=True)
class Ask:
    """One request: a method and a route with the values of its place."""

    method: str
    rule: Rule
    values: tuple[tuple[str, Any], ...]

    @property
    def path(self) -> str:
        """Give its address."""
        path = self.rule.build(dict(self.values), append_unknown=False)
        assert path is not None, self.rule.rule
        return str(path[1])


def rules(app: Flask, method: str) -> list[Rule]:
    """List the routes that answer a method."""
    return [
        rule
        for rule in app.url_map.iter_rules()
        if method in (rule.methods or ()) and not LEFT_OUT.fullmatch(rule.endpoint)
    ]


def owned(rule: Rule) -> str | None:
    """Name the part of a route that names somebody's object, if it has one."""
    names = [name for name in rule.arguments if name in OWNED]
    unknown = rule.arguments - OWNED.keys() - PLAIN.keys()
    assert not unknown and len(names) <= 1, (
        f"say in tests/security/asking.py what {unknown or names} of {rule.rule} stands for"
    )
    return names[0] if names else None


def ask(method: str, rule: Rule, value: Any = None) -> Ask:
    """Make a request of a route for one object."""
    name = owned(rule)
    return Ask(
        method,
        rule,
        tuple(
            (argument, value if argument == name else PLAIN[argument])
            for argument in sorted(rule.arguments)
        ),
    )


class Objects:
    """Every object a route can name, and for whom it is foreign."""

    def __init__(self, readers: Readers) -> None:
        """Read them all."""
        self.readers = readers
        names = sorted(set(OWNED.values()))
        self.rows = {
            name: [
                dict(row)
                for row in db.session.execute(
                    sa.text(f"SELECT * FROM {name} ORDER BY id")
                ).mappings()
            ]
            for name in names
        }

    def split(self, who: Somebody, rule: Rule) -> tuple[list[Any], list[Any]]:
        """Give the objects of a route that are one's own, and those that are foreign, as the route
        names them.
        """
        name = owned(rule)
        assert name is not None
        own: list[Any] = []
        foreign: list[Any] = []
        for row in self.rows[OWNED[name]]:
            (own if self._is_own(who, name, rule.endpoint, row) else foreign).append(
                row["reference"] if name == "reference" else row["id"]
            )
        return own, foreign

    def had_part(self, who: Somebody, rule: Rule, value: Any) -> bool:
        """Say whether an object is of a ticket that was once offered to somebody's institution:
        they are told what became of it.
        """
        name = owned(rule)
        of_ticket = {
            "offer_id": "offer",
            "loan_offer_id": "offer",
            "attachment_id": "attachment",
        }.get(name or "")
        ticket_id = (
            value
            if of_ticket is None
            else next(row["ticket_id"] for row in self.rows[of_ticket] if row["id"] == value)
        )
        mine = [
            row for row in self.rows["offer"] if row["institution_id"] == who.actor.institution_id
        ]
        return any(
            row["ticket_id"] == ticket_id and row["state"] not in {"offered", "accepted"}
            for row in mine
        )

    def _is_own(self, who: Somebody, name: str, endpoint: str, row: dict[str, Any]) -> bool:
        actor, role = who.actor, str(who.role)
        if name in {"ticket_id", "reference"}:
            return self.readers.sees(actor, row["id"])
        if name == "product_id":
            return role == "administrator" or row["institution_id"] == actor.institution_id
        if name in {"offer_id", "loan_offer_id"}:
            return bool(row["institution_id"] == actor.institution_id)
        if name == "attachment_id":
            return self.readers._attachment(actor, role, "content", row)
        if name == "membership_id" and endpoint == "accounts.end_membership":
            same = [
                (row[place], getattr(actor, place))
                for place in ("enterprise_id", "station_id", "institution_id")
            ]
            return role == "administrator" or any(
                one is not None and one == other for one, other in same
            )
        if name == "line_id":
            return may_read_money(actor, row)
        if name == "correction_id":
            return role == "manager"
        if name == "enterprise_id":
            return role in ZONE_ROLES or row["id"] == actor.enterprise_id
        if name == "fact_file_id":
            return self.readers._fact_file(actor, role, "content", row)
        if name == "score_id":
            return role in ZONE_ROLES or row["enterprise_id"] == actor.enterprise_id
        if name == "invitation_id":
            return bool(row["invited_by_id"] == actor.person_id)
        return bool(row["person_id"] == actor.person_id)


def send(
    who: Somebody | None,
    app: Flask,
    asked: Ask,
    *,
    query: str = "",
    body: dict[str, Any] | None = None,
    **headers: str,
) -> TestResponse:
    """Send a request as somebody, or as nobody."""
    client = who.client if who else app.test_client()
    path = asked.path + (f"?{query}" if query else "")
    if asked.path.startswith("/api/"):
        if who:
            headers["Authorization"] = f"Bearer {who.token}"
        return client.open(
            path, method=asked.method, headers=headers, json=body if asked.method != "GET" else None
        )
    return client.open(
        path,
        method=asked.method,
        headers={key.replace("_", "-"): value for key, value in headers.items()},
        data=body,
    )


def said(answer: TestResponse) -> str:
    """Give everything an answer says, files in a workbook and headers included; the session's
    cookie is not for reading.
    """
    data = answer.get_data()
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            data = b"\n".join(book.read(name) for name in book.namelist())
    headers = "\n".join(value for name, value in answer.headers if name != "Set-Cookie")
    return data.decode("utf-8", "replace") + "\n" + headers


def masked(answer: TestResponse, value: Any) -> str:
    """Give an answer without what differs in two requests for different objects: the object's own
    name, and what is drawn anew each time.
    """
    text = answer.get_data(as_text=True).replace(str(value), "OBJECT")
    return re.sub(r'(name="(?:csrf[_-]token|once)"[^>]*(?:value|content)=")[^"]*', r"\1", text)


def body_for(other: Side, world_ids: dict[str, int]) -> dict[str, Any]:
    """Give a body that names the other side's things wherever a form may name one."""
    return {
        **BODY,
        "enterprise_id": other.enterprise_id,
        "station_id": other.station_id,
        "institution_id": other.institution_id,
        **world_ids,
    }


def rows_of_everything() -> Iterator[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    """Give every row of the database but those that count attempts or say what was tried."""
    for table in db.metadata.sorted_tables:
        if table.name not in {"throttle", "heartbeat", "security_log"}:
            for row in db.session.execute(sa.select(table)).mappings():
                yield (
                    table.name,
                    tuple(row[column.name] for column in table.primary_key.columns),
                    dict(row),
                )

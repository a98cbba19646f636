"""Every transaction of a request knows who asks, reading ones too: row level security will stand
on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import g, has_request_context
from flask_sqlalchemy.session import Session

from service_portal.kernel.acting import ActingFor, acting_for, known_to
from service_portal.kernel.db import db
from tests.security.asking import Ask, ask, owned, rules, send
from tests.security.contents import BODY
from tests.security.sides import Somebody
from tests.security.watching import Watch

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Seen:
    """For whom transactions began, and what each knew when a statement was sent for somebody."""

    def __init__(self) -> None:
        self.begun: list[ActingFor | None] = []
        self.wrong: list[str] = []
        self.statements = 0

    def begin(self, *_about: Any) -> None:
        """Note for whom a transaction begins."""
        self.begun.append(acting_for())

    def send(self, _connection: Any, _cursor: Any, statement: str, *_about: Any) -> None:
        """Compare what the transaction knows with who the request is known to come from."""
        if not has_request_context():
            return
        self.statements += 1
        actor, known = g.get("actor"), known_to(db.session())
        facts = ("person_id", "role", "enterprise_id", "station_id", "institution_id")
        wanted = [getattr(actor, fact) for fact in facts] if actor else [None, "", None, None, None]
        if known is None or [getattr(known, fact) for fact in facts] != wanted:
            self.wrong.append(f"{known} for {actor}: {statement[:80]}")


@contextmanager
def seen() -> Iterator[Seen]:
    """Look at all transactions meanwhile."""
    found = Seen()
    sa.event.listen(Session, "after_begin", found.begin)
    sa.event.listen(sa.engine.Engine, "before_cursor_execute", found.send)
    try:
        yield found
    finally:
        sa.event.remove(Session, "after_begin", found.begin)
        sa.event.remove(sa.engine.Engine, "before_cursor_execute", found.send)


def requests(watch: Watch, who: Somebody) -> Iterator[Ask]:
    """Give a request of every route."""
    for method in METHODS:
        for rule in rules(watch.app, method):
            if not owned(rule):
                yield ask(method, rule)
                continue
            own, foreign = watch.objects.split(who, rule)
            yield ask(method, rule, (own or foreign)[0])


@pytest.mark.parametrize("name", ["owner", "lead", "institution lead", "manager"])
def test_every_transaction_of_a_request_knows_who_asks(
    watch: Watch,
    name: str,
) -> None:
    who = watch.person(name)
    asked = list(requests(watch, who))
    with seen() as found:
        for one in asked:
            send(who, watch.app, one, body=BODY)
    assert found.begun and {acting.work if acting else None for acting in found.begun} == {
        "request"
    }
    assert found.wrong == []
    assert found.statements > len(asked) / 2


def test_a_stranger_is_nobody(watch: Watch) -> None:
    with seen() as found:
        watch.app.test_client().get("/healthz")
        assert watch.app.test_client().get("/join/nothing").status_code == 404
    assert set(found.begun) == {ActingFor("request")} and found.wrong == []


def test_what_a_request_reads_it_reads_as_who_asks(watch: Watch) -> None:
    owner = watch.person("owner")
    known: list[ActingFor | None] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_about: Any) -> None:
        if "FROM ticket" in statement:
            known.append(known_to(db.session()))

    sa.event.listen(sa.engine.Engine, "before_cursor_execute", listen)
    try:
        assert owner.client.get("/home").status_code == 200
    finally:
        sa.event.remove(sa.engine.Engine, "before_cursor_execute", listen)
    mine = ActingFor(
        "request",
        person_id=owner.actor.person_id,
        role="enterprise_owner",
        enterprise_id=owner.actor.enterprise_id,
    )
    assert set(known) == {mine}

"""What one side can do alone on a ticket, again and again, has its measure: on pages and over the
API.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Role
from service_portal.accounts.limit_rules import (
    MOST_TOKENS,
    RATINGS_OF_A_TICKET,
    VERDICTS_OF_A_TICKET,
)
from service_portal.accounts.models import ApiToken
from service_portal.accounts.tokens import make_token
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.resolving.services import confirm_ticket
from service_portal.tickets.models import Message, TimelineEntry
from tests.clock import SetClock
from tests.factories.directory import create_member
from tests.factories.tickets import create_ticket
from tests.factories.usage import create_answered
from tests.signing_in import SignIn
from tests.web.test_pages import Statements

MOST = 20


@pytest.fixture
def asker(client_as: SignIn, clock: SetClock, limits: dict[str, Any]) -> Any:
    """Somebody of an enterprise, on a day that does not end, with a limit of twenty a minute."""
    client = client_as(Role.ENTERPRISE_OWNER)
    limits["FILINGS_PER_MINUTE"] = MOST
    return client


def posting(client: Any, how: str) -> Callable[[Any, str], Any]:
    """Give how a message is sent: by the page, or by a program."""
    token = make_token(actor=client.actor, name="program", days=3, now=now())
    db.session.commit()
    headers = {"Authorization": f"Bearer {token}"}

    def by_api(ticket: Any, body: str) -> Any:
        path = f"/api/v1/tickets/{ticket.reference}/messages"
        return client.post(path, json={"body": body}, headers=headers)

    def by_page(ticket: Any, body: str) -> Any:
        return client.post(f"/tickets/{ticket.id}/messages", data={"body": body})

    return by_api if how == "api" else by_page


@pytest.mark.parametrize("how", ["api", "page"])
def test_messages_of_one_person_are_paced(asker: Any, how: str) -> None:
    tickets = [create_ticket(actor=asker.actor) for _ in range(3)]
    post = posting(asker, how)
    answers = [post(tickets[number % 3], f"word {number}") for number in range(MOST + 10)]
    assert Counter(one.status_code for one in answers[MOST:]) == {429: 10}
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    count = sa.select(sa.func.count()).select_from(Message).where(Message.body.like("word %"))
    assert db.session.scalar(count) == MOST


def test_one_side_can_not_keep_the_other_from_acting(asker: Any, client_as: SignIn) -> None:
    ticket, post = create_ticket(actor=asker.actor), posting(asker, "api")
    assert [post(ticket, "x").status_code for _ in range(MOST + 1)][-1] == 429
    lead = client_as(Role.STATION_LEAD)
    ticket.station_id = lead.actor.station_id
    db.session.commit()
    assert posting(lead, "api")(ticket, "we are on it").status_code == 201


def test_assigning_back_and_forth_is_paced(asker: Any, client_as: SignIn) -> None:
    lead = client_as(Role.STATION_LEAD)
    station_id = lead.actor.station_id
    colleagues = [create_member(station_id=station_id, capacity_points=999) for _ in range(2)]
    tickets = [create_ticket(actor=asker.actor) for _ in range(2)]
    for ticket in tickets:
        ticket.station_id, ticket.status = station_id, "accepted"
    token = make_token(actor=lead.actor, name="program", days=3, now=now())
    db.session.commit()

    def assign(number: int) -> int:
        # Each ticket back and forth, so that no ticket meets the measure of one ticket first.
        said = {
            "move": "assign",
            "member_id": colleagues[number // 2 % 2].id,
            "reason": "Their turn.",
        }
        path = f"/api/v1/tickets/{tickets[number % 2].reference}/moves"
        headers = {"Authorization": f"Bearer {token}"}
        return int(lead.post(path, json=said, headers=headers).status_code)

    assert Counter(assign(number) for number in range(MOST + 5)) == {200: MOST, 429: 5}


def test_after_the_minute_messages_go_on(asker: Any, clock: SetClock) -> None:
    ticket, post = create_ticket(actor=asker.actor), posting(asker, "api")
    assert [post(ticket, "x").status_code for _ in range(MOST + 1)][-1] == 429
    clock(now() + timedelta(minutes=1))
    assert post(ticket, "x").status_code == 201


def test_who_writes_a_few_messages_costs_no_statement(app: Flask, asker: Any) -> None:
    app.config["FILINGS_PER_MINUTE"] = 60
    ticket, post = create_ticket(actor=asker.actor), posting(asker, "api")
    post(ticket, "x")
    with Statements(app) as counted:
        assert post(ticket, "x").status_code == 201
    assert not [one for one in counted.seen if "throttle" in one]


def test_who_writes_many_messages_is_counted_together_now_and_then(app: Flask, asker: Any) -> None:
    app.config["FILINGS_PER_MINUTE"] = 60
    ticket, post = create_ticket(actor=asker.actor), posting(asker, "api")
    with Statements(app) as counted:
        assert {post(ticket, "x").status_code for _ in range(30)} == {201}
    # Two measures, each told after 6, 11, 15, 19, 23 and 26 messages.
    assert len([one for one in counted.seen if "throttle" in one]) <= 2 * 7


def test_refused_acts_give_no_more_acts(app: Flask, asker: Any) -> None:
    most = app.config["FILINGS_PER_MINUTE"] = 60
    ticket, post = create_ticket(actor=asker.actor), posting(asker, "api")
    token = make_token(actor=asker.actor, name="another", days=3, now=now())
    db.session.commit()
    headers, rating = {"Authorization": f"Bearer {token}"}, f"/api/v1/tickets/{ticket.reference}"
    taken = 0
    for number in range(3 * most):
        # It is too early to rate, and refused when the database is about to be told.
        if number >= 5 and number % 5 == 0:
            asker.post(f"{rating}/rating", json={"level": 5}, headers=headers)
        else:
            taken += post(ticket, f"word {number}").status_code == 201
    assert taken <= most


def test_a_moment_of_the_minute_before_forgets_nothing(asker: Any, clock: SetClock) -> None:
    ticket, post = create_ticket(actor=asker.actor), posting(asker, "api")
    present = now()
    for number in range(MOST):
        assert post(ticket, f"word {number}").status_code == 201
    clock(present - timedelta(minutes=1))
    post(ticket, "late")
    clock(present)
    assert {post(ticket, "more").status_code for _ in range(3)} == {429}


def closed(asker: Any) -> Any:
    """Give a closed ticket of the enterprise."""
    ticket = create_answered(asker=asker.actor)
    confirm_ticket(
        actor=asker.actor,
        ticket_id=ticket.id,
        level=None,
        verdict="solved",
        comment="",
        now=now(),
    )
    db.session.commit()
    return ticket


@pytest.mark.parametrize("how", ["api", "page"])
def test_a_verdict_changes_a_few_times_a_day(asker: Any, clock: SetClock, how: str) -> None:
    ticket, most = closed(asker), VERDICTS_OF_A_TICKET[0].most
    token = make_token(actor=asker.actor, name="program", days=3, now=now())
    db.session.commit()
    headers = {"Authorization": f"Bearer {token}"}

    def say(number: int) -> Any:
        said = {"verdict": ("not_solved", "solved")[number % 2]}
        if how == "page":
            return asker.post(f"/tickets/{ticket.id}/rate", data=said)
        return asker.post(f"/api/v1/tickets/{ticket.reference}/rating", json=said, headers=headers)

    answers = [say(number) for number in range(most + 4)]
    # The two that are refused next to what was said last change nothing and are ratings.
    assert Counter(one.status_code for one in answers)[429] >= 2
    refused = next(one for one in answers if one.status_code == 429)
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400
    assert "changed too often today" in refused.get_data(as_text=True)
    changes = sa.select(sa.func.count()).select_from(TimelineEntry)
    changes = changes.where(TimelineEntry.ticket_id == ticket.id, TimelineEntry.kind == "verdict")
    assert db.session.scalar(changes) == most
    clock(now() + timedelta(days=1))
    assert say(most + 1 if most % 2 else most).status_code in {200, 302}


def test_stars_change_some_times_a_day(asker: Any, clock: SetClock) -> None:
    ticket, most = closed(asker), RATINGS_OF_A_TICKET[0].most
    asker.application.config["FILINGS_PER_MINUTE"] = 0
    got = Counter(
        asker.post(
            f"/tickets/{ticket.id}/rate", data={"verdict": "solved", "level": str(number % 5 + 1)}
        ).status_code
        for number in range(most + 3)
    )
    assert got == {302: most, 429: 3}


def test_a_person_has_so_many_tokens_and_is_told_what_to_do(asker: Any) -> None:
    said = {"name": "program", "days": "5", "scopes": "read"}
    for _ in range(MOST_TOKENS):
        assert asker.post("/settings/tokens", data=said).status_code == 200
    refused = asker.post("/settings/tokens", data=said)
    assert refused.status_code == 409 and "Revoke one" in refused.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ApiToken)) == MOST_TOKENS
    first = db.session.scalar(sa.select(sa.func.min(ApiToken.id)))
    assert asker.post(f"/settings/tokens/{first}/revoke").status_code == 302
    assert asker.post("/settings/tokens", data=said).status_code == 200

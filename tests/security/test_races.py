"""Sixteen people act on the same tickets at once, while the rounds run: every act is done whole or
refused, and the books stay right.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from random import Random
from threading import Thread
from time import monotonic
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.api.moves import MOVES as API_MOVES
from service_portal.assigning.answering import expire_offers
from service_portal.assigning.offering import offer_waiting
from service_portal.assigning.services import assign_waiting
from service_portal.catalogue.queries import definition
from service_portal.catalogue.rules import ServiceDefinition
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.unit_of_work import run_retrying
from service_portal.ledger.queries import differing_rollups, verify
from service_portal.tickets.rules import TABLE, Move, Status
from tests.conftest import make_app
from tests.security.raced import MOVES, RARE
from tests.security.sides import Somebody
from tests.security.world import World
from tests.server import TestServer

SECONDS = float(os.environ.get("PORTAL_TEST_RACE_SECONDS", "4"))
PEOPLE, ENOUGH = 14, 8


def _answers(said: ServiceDefinition) -> dict[str, Any]:
    values = {"date": "2027-03-01", "yesno": True, "money": "300000", "number": "3"}
    return {
        field.key: (
            [field.choices[0].value]
            if field.type == "choices"
            else field.choices[0].value
            if field.choices
            else values.get(field.type, "some words")
        )
        for field in said.fields
    }


class Race:
    """The tickets of both sides, and the answers people got."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context():
            self.world = World(app)
            db.session.execute(sa.text("UPDATE member SET capacity_points = 500"))
            db.session.commit()
            mine = list(self.world.sides["a"].tickets.values())
            rows = db.session.execute(
                sa.text(
                    "SELECT reference, service_version_id FROM ticket WHERE id = ANY(:ids) ORDER"
                    " BY id"
                ),
                {"ids": mine},
            )
            self.answers_of = {
                row.reference: _answers(definition(row.service_version_id)) for row in rows
            }
            db.session.remove()
        self.people = [
            *self.world.sides["a"].people.values(),
            self.world.zone["headquarters"],
            self.world.sides["b"].people["lead"],
        ]
        self.answers: Counter[tuple[str, int]] = Counter()
        self.broken: list[str] = []
        self.began = monotonic()

    def goes_on(self) -> bool:
        """Say whether the race is still on; on a slow machine it takes longer until enough has
        happened.
        """
        spent = monotonic() - self.began
        return not self.broken and (
            spent < SECONDS or (len(self.done()) < ENOUGH and spent < 20 * SECONDS)
        )

    def done(self) -> set[str]:
        """Name the moves that succeeded at least once."""
        return {move for (move, status) in list(self.answers) if status == 200}

    def person(self, seed: int) -> None:
        """Act at random until the time is over and enough has succeeded to have raced for."""
        random = Random(seed)
        while self.goes_on():
            who, reference = random.choice(self.people), random.choice(list(self.answers_of))
            open_to = (
                self.app.test_client()
                .get(
                    f"/api/v1/tickets/{reference}", headers={"Authorization": f"Bearer {who.token}"}
                )
                .get_json()
                .get("moves", [])
            )
            # Mostly what was open a moment ago, which somebody else may have done since; now and
            # then anything.
            move = random.choice(open_to if open_to and random.random() < 0.9 else list(MOVES))
            if move in RARE and random.random() > 0.02:
                continue
            side = random.choice([self.world.sides["a"]] * 9 + [self.world.sides["b"]])
            ids = {
                "station_id": side.station_id,
                "institution_id": self.world.sides["a"].institution_id,
                "member_id": side.people["member"].actor.member_id,
                "answers": self.answers_of[reference],
                "into": random.choice(list(self.answers_of)),
            }
            body = {name: ids.get(name, value) for name, value in MOVES[move].items()}
            try:
                status = self.act(who, reference, move, body)
            except Exception as error:  # Whatever escapes is what this test looks for.
                self.broken.append(f"{move} by {who.role}: {error!r}"[:300])
            else:
                self.answers[move, status] += 1

    def act(self, who: Somebody, reference: str, move: str, body: dict[str, Any]) -> int:
        """Make a move over the API and give the status of the answer."""
        path, headers = (
            f"/api/v1/tickets/{reference}/moves",
            {"Authorization": f"Bearer {who.token}"},
        )
        return (
            self.app.test_client()
            .post(path, json={"move": move, **body}, headers=headers)
            .status_code
        )

    def rounds(self) -> None:
        """Run what the workers run, until the time is over."""
        while self.goes_on():
            for work in (assign_waiting, offer_waiting, expire_offers):
                try:
                    with self.app.test_request_context():
                        _one_round(work)
                        db.session.remove()
                except Exception as error:
                    self.broken.append(f"{work.__name__}: {error!r}"[:300])


def _one_round(work: Callable[..., int]) -> None:
    run_retrying(lambda: work(now=now()))


@pytest.fixture
def race(server: TestServer, template: str, tmp_path: Any) -> Any:
    database = server.copy(template, f"races_{os.getpid()}")
    app = make_app(server, database, tmp_path / "home", WEB_THREADS="16")
    yield Race(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    server.drop(database)


def test_acts_that_cross_leave_no_illegal_state(race: Race) -> None:
    threads = [Thread(target=race.person, args=(seed,)) for seed in range(PEOPLE)] + [
        Thread(target=race.rounds) for _ in range(2)
    ]
    race.began = monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(
        sum(race.answers.values()),
        "acts",
        dict(
            sorted(
                Counter(
                    status for (_move, status), n in race.answers.items() for _ in range(n)
                ).items()
            )
        ),
    )
    assert set(MOVES) == set(API_MOVES), "a move that nobody tries, or that is none"
    assert not race.broken, Counter(race.broken).most_common(8)
    wrong = {
        answer: n
        for answer, n in race.answers.items()
        if answer[1] not in {200, 403, 404, 409, 422}
    }
    assert not wrong, wrong
    assert len(race.done()) >= ENOUGH, f"only {sorted(race.done())} succeeded: nothing raced"
    with race.app.app_context():
        assert verify() is None
        assert not any(differing_rollups().values())
        _lifecycles_are_legal()
        assert not _broken_books()


def _lifecycles_are_legal() -> None:
    status: dict[int, str] = {}
    lines = db.session.execute(
        sa.text(
            "SELECT ticket_id, kind, from_status, to_status FROM timeline_entry WHERE to_status IS"
            " NOT NULL AND kind <> 'file' ORDER BY ticket_id, at, id"
        )
    )
    known = {
        row.id: row.status for row in db.session.execute(sa.text("SELECT id, status FROM ticket"))
    }
    by_ticket: dict[int, list[Any]] = {}
    for line in lines:
        by_ticket.setdefault(line.ticket_id, []).append(line)
    for ticket_id, steps in by_ticket.items():
        assert all(
            TABLE[Status(line.from_status), Move(line.kind)] == line.to_status for line in steps
        ), ticket_id
        # Acts in the same instant may be written in any order; as a walk they must still use every
        # step.
        assert Counter(line.to_status for line in steps) + Counter(["submitted"]) == Counter(
            line.from_status for line in steps
        ) + Counter([known[ticket_id]]), ticket_id
        status[ticket_id] = known[ticket_id]
    assert status


def _broken_books() -> list[tuple[str, Any]]:
    checks = {
        "two live offers": (
            "SELECT ticket_id FROM offer WHERE NOT in_parallel AND state IN ('offered', 'accepted')"
            " GROUP BY ticket_id HAVING count(*) > 1"
        ),
        "dispatched without an open offer": (
            "SELECT id FROM ticket AS t WHERE (status = 'dispatched') <> EXISTS (SELECT 1 FROM"
            " offer WHERE ticket_id = t.id AND state = 'offered')"
        ),
        "an ended ticket still somebody's": (
            "SELECT a.ticket_id FROM assignment AS a JOIN ticket AS t ON t.id = a.ticket_id WHERE"
            " a.to_at IS NULL AND t.status IN ('closed', 'withdrawn', 'not_accepted')"
        ),
        "an owner without an open assignment": (
            "SELECT id FROM ticket AS t WHERE owner_id IS NOT NULL AND status NOT IN ('closed',"
            " 'withdrawn', 'not_accepted') AND NOT EXISTS (SELECT 1 FROM assignment WHERE ticket_id"
            " = t.id AND to_at IS NULL AND member_id = t.owner_id)"
        ),
        "counted twice a day": (
            "SELECT ticket_id FROM service_event WHERE countable GROUP BY ticket_id, station_id,"
            " institution_id, day HAVING count(*) > 1"
        ),
        "a case counted wrongly": (
            "SELECT t.id FROM ticket AS t LEFT JOIN usage_entry AS u ON u.ticket_id = t.id AND"
            " u.measure = 'case' GROUP BY t.id HAVING coalesce(sum(u.quantity), 0) <> (CASE WHEN"
            " t.status = 'closed' THEN 1 ELSE 0 END)"
        ),
        "a promise runs on an ended ticket": (
            "SELECT c.ticket_id FROM clock AS c JOIN ticket AS t ON t.id = c.ticket_id WHERE"
            " c.stopped_at IS NULL AND t.status IN ('withdrawn', 'not_accepted')"
        ),
        "an event without its ticket": (
            "SELECT o.id FROM outbox AS o WHERE o.ticket_id IS NOT NULL AND NOT EXISTS (SELECT 1"
            " FROM ticket WHERE id = o.ticket_id)"
        ),
    }
    return [
        (name, found)
        for name, query in checks.items()
        if (found := list(db.session.scalars(sa.text(query))))
    ]

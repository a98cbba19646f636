"""Committed, but the line broke before anybody heard: the same request again gets the first answer,
and nothing happens twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.accounts.models import Membership
from service_portal.kernel.db import db
from service_portal.kernel.unit_of_work import unit_of_work
from tests.conftest import make_app
from tests.factories.accounts import create_person
from tests.factories.directory import create_member, station
from tests.factories.tickets import enterprise_actor
from tests.reliability.cutting import Line
from tests.server import TestServer
from tests.services.programs import ANSWER, FILING, Program, program_of

TIMES = 40


class Far(Program):
    """A program that speaks through a line that is cut at each first commit of what it asks for
    under a key.
    """

    line: Line

    def twice(self, path: str, said: object, key: str) -> str:
        """Ask, lose the answer, ask again; give the reference."""
        self.line.armed = True
        lost = self.post(path, said, Idempotency_Key=key)
        assert (lost.status_code, self.line.armed) == (503, False), lost.get_data(as_text=True)
        again = self.post(path, said, Idempotency_Key=key)
        assert again.status_code in {200, 201} and again.headers["Idempotent-Replayed"] == "true", (
            again.get_data(as_text=True)
        )
        return str(again.get_json()["reference"])


@pytest.fixture
def far(server: TestServer, template: str, tmp_path: Path) -> Iterator[tuple[Far, Far]]:
    """Give the programs of an enterprise and of a station's lead, at the far end of a line."""
    database = server.copy(template, f"far_{os.getpid()}")
    where = server.admin_url
    folder = where.host or str(where.query["host"])
    with Line(Path(folder) / f".s.PGSQL.{where.query.get('port', where.port or 5432)}") as line:
        app = make_app(server, database, tmp_path / "home")
        app_url = sa.make_url(server.url(database, role="portal_app")).set(
            host="127.0.0.1", port=line.port, query={"sslmode": "disable", "gssencmode": "disable"}
        )
        with app.app_context():
            url = app_url.set(drivername="postgresql+psycopg")
            db._app_engines[app][None] = sa.create_engine(url, pool_size=2)
            with unit_of_work():
                owner, person = enterprise_actor(), create_person()
                create_member(person_id=person.id, is_lead=True, capacity_points=1000)
                membership = Membership(
                    person_id=person.id, role=Role.STATION_LEAD, station_id=station().id
                )
                db.session.add(membership)
                db.session.flush()
                programs = [
                    Far(app, program_of(app, actor).token, actor)
                    for actor in (
                        owner,
                        Actor(Role.STATION_LEAD, person.id, membership.id, station_id=station().id),
                    )
                ]
            db.session.remove()
        for program in programs:
            program.line = line
            program.get("/services")
        yield programs[0], programs[1]
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    server.drop(database)


def test_a_filing_whose_commit_was_not_heard_of(far: tuple[Far, Far]) -> None:
    owner, _ = far
    references = {owner.twice("/tickets", FILING, f"filing-{number:04}") for number in range(TIMES)}
    assert owner.line.cuts == len(references) == TIMES
    with owner.app.app_context():
        found = db.session.execute(
            sa.text(
                "SELECT (SELECT count(*) FROM ticket), (SELECT count(*) FROM timeline_entry),"
                " (SELECT count(*) FROM outbox)"
            )
        ).one()
        db.session.remove()
    assert tuple(found) == (TIMES, TIMES, 2 * TIMES)


def test_a_delivery_whose_commit_was_not_heard_of(far: tuple[Far, Far]) -> None:
    from service_portal.assigning.services import assign_waiting
    from service_portal.kernel.clock import now
    from service_portal.routing.services import route_waiting

    owner, lead = far
    reference = owner.twice("/tickets", FILING, "filing-0001")
    with owner.app.app_context():
        with unit_of_work():
            route_waiting(now=now())
            assign_waiting(now=now())
        db.session.remove()
    for program, said in (
        (lead, {"move": "accept"}),
        (lead, {"move": "start"}),
        (lead, {"move": "answer", **ANSWER}),
        (owner, {"move": "confirm", "level": 5, "solved": True}),
    ):
        program.twice(f"/tickets/{reference}/moves", said, f"{said['move']}-0001")
    with owner.app.app_context():
        kinds = list(db.session.scalars(sa.text("SELECT kind FROM timeline_entry ORDER BY id")))
        measures = list(db.session.scalars(sa.text("SELECT measure FROM usage_entry ORDER BY seq")))
        db.session.remove()
    assert kinds == ["file", "route", "assign", "accept", "start", "answer", "confirm"]
    assert measures == ["event", "case"]

"""Whoever opens the demo, at night, at a weekend or in a holiday, finds something to do on every
desk.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from service_portal.demo import asking
from service_portal.demo.commands import SEED, make_cases
from service_portal.kernel.db import db
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.acting import loading
from tests.clock import SetClock
from tests.conftest import make_app
from tests.server import TestServer

pytestmark = pytest.mark.slow

DESKS = """
    SELECT (SELECT jsonb_object_agg(status, n)
        FROM (SELECT t.status, count(*) AS n FROM ticket AS t
        JOIN station AS s ON s.id = t.station_id WHERE s.code = 'ST03' AND t.closed_at IS NULL
    GROUP BY 1) AS x) AS station,
        (SELECT count(*) FROM ticket AS t JOIN station AS s ON s.id = t.station_id
            WHERE s.code = 'ST03' AND t.closed_at IS NULL
            AND t.waiting_reason IS NOT NULL) AS waiting,
        (SELECT count(*)
            FROM (SELECT t.status, t.owner_id FROM ticket AS t
            JOIN station AS s ON s.id = t.station_id WHERE s.code = 'ST03' AND t.closed_at IS NULL
        ORDER BY t.next_due_at NULLS LAST LIMIT 50) AS x
            WHERE status = 'submitted' AND owner_id IS NOT NULL) AS to_accept,
        (SELECT count(*) FROM offer AS o
            WHERE o.state = 'offered' AND o.answer_due_at > :now
            AND o.institution_id = (SELECT min(h.institution_id) FROM membership AS h
            JOIN person AS p ON p.id = h.person_id WHERE p.demo)) AS offers,
        (SELECT count(*) FROM ticket AS t JOIN clock AS c ON c.ticket_id = t.id
            JOIN station AS s ON s.id = t.station_id
            WHERE s.code = 'ST03' AND t.status = 'in_progress' AND c.kind = 'handle'
            AND c.stopped_at IS NULL AND c.due_at < :now) AS unheard,
        (SELECT count(*) FROM ticket AS t JOIN station AS s ON s.id = t.station_id
            WHERE s.code = 'ST03' AND t.status = 'accepted' AND t.by_hand) AS back,
        (SELECT count(*) FROM ticket AS t JOIN station AS s ON s.id = t.station_id
            WHERE s.code = 'ST03' AND t.call_back_due_at IS NOT NULL) AS to_call,
        (SELECT count(*) FROM ticket AS t JOIN station AS s ON s.id = t.station_id
            WHERE s.code = 'ST03' AND t.extension_due_at IS NOT NULL
            AND t.resolve_due_at > :now) AS to_extend,
        (SELECT jsonb_object_agg(state, n) FROM (
            SELECT state, count(*) AS n FROM offer GROUP BY 1) AS x) AS all_offers,
        (SELECT jsonb_object_agg(status, n)
            FROM (SELECT t.status, count(*) AS n FROM ticket AS t
            JOIN member AS m ON m.id = t.owner_id JOIN person AS p ON p.id = m.person_id
            WHERE p.email = 'station_member@demo.example' AND t.closed_at IS NULL
            GROUP BY 1) AS x) AS mine,
        (SELECT jsonb_object_agg(status, n) FROM (SELECT t.status, count(*) AS n FROM ticket AS t
            WHERE t.enterprise_id = (SELECT h.enterprise_id FROM membership AS h
                JOIN person AS p ON p.id = h.person_id
            WHERE p.email = 'enterprise_owner@demo.example' ORDER BY h.id LIMIT 1)
                AND t.closed_at IS NULL GROUP BY 1) AS x) AS home
"""


@pytest.mark.parametrize(
    "moment",
    ["2026-11-26T10:00", "2026-11-28T20:00", "2026-11-30T00:20", "2026-10-04T02:00"],
    ids=["evening", "saturday-night", "monday-morning", "holiday"],
)
def test_every_desk_has_work_at_any_hour(
    server: TestServer,
    template: str,
    tmp_path: Path,
    moment: str,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # What lies on a desk now needs no long past.
    monkeypatch.setattr(asking, "TICKETS", 1_500)
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    clock(now)
    database = server.copy(template, f"demo_at_{now:%m%d%H}_{os.getpid()}")
    app = make_app(server, database, tmp_path / "home", patient=True)
    with app.app_context():
        with unit_of_work(), loading():
            make_cases(Random(SEED), now=now)
        desks = db.session.execute(sa.text(DESKS), {"now": now}).one()
        db.session.remove()
        db.engine.dispose()
    server.drop(database)
    assert {
        "submitted",
        "returned",
        "accepted",
        "dispatched",
        "in_progress",
        "on_hold",
        "answered",
    } <= set(desks.station)
    assert desks.to_accept >= 4 and desks.waiting >= 2 and desks.offers >= 2
    assert desks.unheard >= 2 and desks.back >= 1 and desks.to_call >= 2
    assert desks.to_extend >= 1
    assert desks.all_offers["taken_back"] >= 5 and desks.all_offers["given_back"] >= 5
    assert {"submitted", "in_progress"} <= set(desks.mine) and {"returned", "answered"} <= set(
        desks.home
    )

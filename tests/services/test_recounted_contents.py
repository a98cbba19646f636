"""A recount compares each counted contact with its line: nothing that was counted may change."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.counting.queries import prove
from service_portal.kernel.db import db
from tests.factories.usage import create_served
from tests.services.correcting import later

FIRST = "(SELECT min(id) FROM service_event WHERE countable)"


def differing() -> list[str]:
    """Name the checks that fail."""
    return [finding.code for finding in prove(now=later()) if not finding.holds]


@pytest.mark.parametrize(
    "change",
    [
        "minutes = minutes + 7",
        "day = day - 1",
        "channel = 'event'",
        "station_id = (SELECT max(id) FROM station WHERE id <> station_id)",
        "attendees = attendees + 5, channel = 'event'",
    ],
)
def test_the_recount_sees_a_counted_contact_that_was_changed(fresh_app: Flask, change: str) -> None:
    with fresh_app.app_context():
        create_served()
        db.session.flush()
        assert differing() == []
        # The product's role may change no contact; its owner may.
        db.session.commit()
        owner = sa.make_url(fresh_app.config["DATABASE_OWNER_URL"])
        engine = sa.create_engine(owner.set(drivername="postgresql+psycopg"))
        with engine.begin() as connection:
            done = connection.execute(
                sa.text(f"UPDATE service_event SET {change} WHERE id = {FIRST}")
            )
            assert done.rowcount == 1
        engine.dispose()
        assert "contents" in differing()


@pytest.mark.parametrize(
    "change",
    [
        "park_id = (SELECT max(id) FROM park WHERE id <> park_id)",
        "category_code = (SELECT max(code) FROM category WHERE code <> category_code)",
        "service_code = (SELECT max(code) FROM service WHERE code <> service_code)",
    ],
)
def test_the_recount_sees_a_ticket_that_was_changed_under_its_lines(
    db_session: None, change: str
) -> None:
    create_served()
    db.session.flush()
    db.session.execute(sa.text(f"UPDATE ticket SET {change}"))
    assert "contents" in differing()

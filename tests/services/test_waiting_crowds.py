"""Ten thousand tickets that nobody can take cost a round next to nothing, and stand in nobody's
way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from service_portal.assigning.services import assign_waiting
from service_portal.kernel.db import db
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import Ticket
from tests.factories.directory import create_member
from tests.factories.tickets import TUESDAY, create_ticket
from tests.factories.waiting import a_pattern, crowd_of

MANY = 10_000


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect what is sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    engine = db.session.connection().engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


# Every station, three skills, four sizes.
_CROWD = {
    "station_id": "(SELECT id FROM station WHERE code = 'ST0' || 1 + n % 9)",
    "category_code": "(ARRAY['FIN', 'LEG', 'TST'])[1 + n % 3]",
    "effort_points": "1 + n % 4",
    "status": "'submitted'",
    "closed_at": "NULL",
    "waiting_reason": "'no_member'",
}


def crowd(pattern: Ticket) -> None:
    """Let many wait for members in every station, where nobody has room."""
    stations = db.session.scalars(sa.text("SELECT id FROM station ORDER BY id")).all()
    for station_id in stations:
        for _ in range(12):
            create_member(station_id=station_id, capacity_points=0)
    crowd_of(pattern, MANY, _CROWD)


def locked_tickets() -> int:
    """Count the rows of waiting tickets that this transaction's rounds have locked."""
    locked = "SELECT count(*) FROM ticket WHERE waiting_reason = 'no_member' AND xmax::text <> '0'"
    return int(db.session.scalar(sa.text(locked)) or 0)


def test_ten_thousand_whom_nobody_can_take_are_not_touched_by_a_round(db_session: None) -> None:
    pattern = a_pattern()
    crowd(pattern)
    with statements() as sent:
        assert assign_waiting(now=TUESDAY) == 0
    assert 0 < len(sent) <= 4, sent
    assert locked_tickets() == 0


def test_filing_goes_on_while_ten_thousand_wait(db_session: None) -> None:
    pattern = a_pattern()
    crowd(pattern)
    create_member(skills={"POL": 1})
    ticket = create_ticket("POL-03")
    route_waiting(now=TUESDAY)
    assert assign_waiting(now=TUESDAY) == 1
    assert locked_tickets() == 0
    db.session.refresh(ticket)
    assert ticket.owner_id is not None

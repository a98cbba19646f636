"""The one function that writes new tickets: many cost one statement, each is as filed alone, and a
load begins with the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from service_portal.catalogue.queries import get_service
from service_portal.events.models import OutboxRow
from service_portal.events.subscriptions import LISTENERS
from service_portal.filing.queries import enterprise_facts
from service_portal.filing.services import opening_of
from service_portal.kernel.db import db
from service_portal.sla.queries import published
from service_portal.tickets.models import Clock, Ticket, TicketWords, TimelineEntry
from service_portal.tickets.opening import Opening, first_rows, open_tickets
from tests.factories.tickets import TUESDAY, a_request, enterprise_actor


@contextmanager
def statements() -> Iterator[list[str]]:
    """Give what is sent to the database meanwhile."""
    sent: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_about: Any) -> None:
        sent.append(statement)

    sa.event.listen(sa.engine.Engine, "before_cursor_execute", listen)
    try:
        yield sent
    finally:
        sa.event.remove(sa.engine.Engine, "before_cursor_execute", listen)


def openings(number: int) -> list[Opening]:
    """Make openings of as many requests, one an hour."""
    actor, service = enterprise_actor(), get_service("POL-03")
    assert service is not None and actor.enterprise_id is not None
    return [
        opening_of(
            a_request(title=f"Request {n}", answers={"policy_topic": '二手设备 \\ "x"\n'}),
            actor=actor,
            enterprise=enterprise_facts(actor.enterprise_id),
            service=service,
            channel="web",
            by=published(),
            now=TUESDAY + timedelta(hours=n),
        )
        for n in range(number)
    ]


def test_many_tickets_are_opened_in_one_statement(db_session: None) -> None:
    wanted = openings(40)
    with statements() as sent:
        made = open_tickets(wanted)
    assert len(sent) == 1
    tickets = [db.session.get_one(Ticket, row.id) for row in made]
    assert [ticket.title for ticket in tickets] == [opening.ticket.title for opening in wanted]
    assert [ticket.reference for ticket in tickets] == [row.reference for row in made]
    assert len({ticket.reference for ticket in tickets}) == 40


def test_each_of_them_is_said_to_every_listener(db_session: None) -> None:
    made = open_tickets(openings(3))
    said = db.session.execute(
        sa.select(OutboxRow.ticket_id, OutboxRow.task).where(
            OutboxRow.ticket_id.in_([row.id for row in made])
        )
    ).all()
    assert sorted(tuple(row) for row in said) == sorted(
        (row.id, task) for row in made for task in LISTENERS["ticket.filed"]
    )


def test_a_load_begins_with_the_rows_that_filing_writes(db_session: None) -> None:
    (opening,) = openings(1)
    ((ticket_id, reference),) = open_tickets([opening])
    first = first_rows(opening, ticket_id=ticket_id, number=int(reference.rpartition("-")[2]))

    def written(model: Any, names: Any, key: str = "ticket_id") -> list[dict[str, Any]]:
        rows = db.session.execute(
            sa.select(*(model.__table__.c[name] for name in names)).where(
                model.__table__.c[key] == ticket_id
            )
        )
        return [dict(row._mapping) for row in rows]

    assert written(Ticket, first.ticket, "id") == [first.ticket]
    assert written(TicketWords, first.words) == [first.words]
    assert written(TimelineEntry, first.entry) == [first.entry]
    assert written(Clock, first.clocks[0]) == first.clocks

"""Tickets that wait for a member or an institution, many at once and without their journey."""

from __future__ import annotations

from itertools import count
from typing import Any

import sqlalchemy as sa

from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from tests.factories.directory import create_enterprise
from tests.factories.tickets import TUESDAY, create_ticket

_numbers = count(1)


def copy_tickets(pattern: Ticket, tickets: list[dict[str, Any]]) -> list[int]:
    """Make copies of a ticket, each with values of its own, and give their ids."""
    if not tickets:
        return []
    left_out = {"id", "reference"}
    names = [column.name for column in Ticket.__table__.columns if column.name not in left_out]
    same = {name: getattr(pattern, name) for name in names}
    rows = [{**same, "reference": f"WT-{next(_numbers):08d}", **values} for values in tickets]
    made = db.session.execute(
        sa.insert(Ticket).returning(Ticket.id, sort_by_parameter_order=True), rows
    )
    return list(made.scalars())


def crowd_of(pattern: Ticket, number: int, given: dict[str, str]) -> None:
    """Make very many copies of a ticket; `given` are expressions in SQL, with `n` for a copy's
    number.
    """
    names = [column.name for column in Ticket.__table__.columns if column.name != "id"]
    cells = [
        given.get(name, "'WC-' || n" if name == "reference" else f"t.{name}") for name in names
    ]
    db.session.execute(
        sa.text(f"""
            INSERT INTO ticket ({", ".join(names)})
            SELECT {", ".join(cells)} FROM ticket AS t, generate_series(1, :number) AS n
            WHERE t.id = :pattern
        """),
        {"number": number, "pattern": pattern.id},
    )


def a_pattern(service_code: str = "POL-03") -> Ticket:
    """File the ticket that the others are copied from, and take it out of everybody's way."""
    ticket = create_ticket(service_code)
    gone = {"status": "withdrawn", "closed_at": TUESDAY}
    db.session.execute(sa.update(Ticket).where(Ticket.id == ticket.id).values(**gone))
    db.session.execute(sa.text("UPDATE outbox SET done_at = clock_timestamp()"))
    db.session.refresh(ticket)
    return ticket


def at_station(station_id: int, **values: Any) -> dict[str, Any]:
    """Give the values of a ticket that was routed and has no owner."""
    return {"status": "submitted", "closed_at": None, "station_id": station_id, **values}


def for_pool(**values: Any) -> dict[str, Any]:
    """Give the values of a ticket that was accepted and waits for an institution."""
    accepted = {"status": "accepted", "delivered_by": "pool", "consent": True, "closed_at": None}
    return {**accepted, "accepted_at": TUESDAY, **values}


def enterprises(number: int) -> list[int]:
    """Make enterprises and give their ids."""
    return [create_enterprise().id for _ in range(number)]

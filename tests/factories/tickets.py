"""Tickets, filed through the real door and taken as far as a test needs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from service_portal.access.actor import Actor, Role
from service_portal.catalogue.queries import get_service
from service_portal.filing.services import file_ticket
from service_portal.kernel.db import db
from service_portal.tickets.asked import Request
from service_portal.tickets.models import Ticket
from tests.factories.accounts import create_person
from tests.factories.directory import create_enterprise

TUESDAY = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def enterprise_actor(enterprise_id: int | None = None, role: Role = Role.ENTERPRISE_OWNER) -> Actor:
    """Give somebody who files for an enterprise, with a membership in the database."""
    from service_portal.accounts.models import Membership

    person = create_person()
    enterprise_id = enterprise_id or create_enterprise().id
    membership = Membership(person_id=person.id, role=role, enterprise_id=enterprise_id)
    db.session.add(membership)
    db.session.flush()
    return Actor(
        role=role,
        person_id=person.id,
        membership_id=membership.id,
        enterprise_id=enterprise_id,
        name=person.name_en,
    )


def a_request(**values: Any) -> Request:
    """Make a request with sensible words."""
    usual: dict[str, Any] = {
        "title": "Which subsidies can we get",
        "description": "We bought new machines last month.",
        "contact_name": "Lin Wei",
        "contact_phone": "0757-8888 0000",
        "urgent": False,
        "answers": {"policy_topic": "Machines", "question": "Which ones?"},
    }
    return Request(**{**usual, **values})


def create_ticket(
    service_code: str = "POL-03",
    *,
    actor: Actor | None = None,
    enterprise_id: int | None = None,
    now: datetime = TUESDAY,
    **values: Any,
) -> Ticket:
    """File a ticket and give its row; somebody of a station files it at their desk for
    `enterprise_id`. POL-03 is delivered by the station, LEG-02 by the pool, POL-01 is accepted at
    once.
    """
    actor = actor or enterprise_actor()
    service = get_service(service_code)
    asks = actor.enterprise_id or enterprise_id
    assert service is not None and asks is not None
    channel = "web" if actor.enterprise_id else "desk"
    filed = file_ticket(
        a_request(**values),
        actor=actor,
        enterprise_id=asks,
        service=service,
        channel=channel,
        now=now,
    )
    return db.session.get_one(Ticket, filed.ticket_id)

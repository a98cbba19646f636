"""A request that asks for several things goes on as several requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.catalogue.queries import CurrentService
from service_portal.events.catalog import PartFiled, TicketDivided
from service_portal.filing.changing_service import fitting_service, known_answers
from service_portal.filing.queries import enterprise_facts
from service_portal.filing.services import opening_of
from service_portal.kernel.db import AnyRow, at_once, db
from service_portal.kernel.errors import Conflict, Missing, Refused
from service_portal.sla.queries import published
from service_portal.tickets.asked import Request
from service_portal.tickets.codes import EntryKind
from service_portal.tickets.models import Ticket
from service_portal.tickets.opening import Opening, open_tickets
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.rules import MOST_LINKS, MOST_PARTS, Move, Status, next_status
from service_portal.tickets.services import add_entries, advance
from service_portal.tickets.words import refusal


def split_ticket(
    *,
    actor: Actor,
    ticket_id: int,
    parts: Sequence[Mapping[str, str]],
    reason: str,
    now: datetime,
) -> Ticket:
    """Split one to four parts off a request: each is filed as a request of its own for the same
    enterprise, in its asker's name, and goes its own way; the first goes on with what remains.

    A part has a `title`, a `description` and a `service`, that of the request where it is empty;
    it takes over contact, consent and the answers that fit. The enterprise is told once, with
    `reason`.
    """
    _check_words(parts, reason)
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_ACCEPT).ticket
    status = Status(ticket.status)
    if next_status(status, Move.SPLIT) is None:
        raise Conflict(refusal(status), code="illegal_move")
    if len(ticket.linked_ids) + len(parts) > MOST_LINKS:
        sentence = _(
            "A ticket goes with %(n)d others at most, and this one would go with more.",
            n=MOST_LINKS,
        )
        raise Refused(sentence, field="parts")
    services = [
        fitting_service(
            part["service"] or ticket.service_code, ticket=ticket, field=f"parts.{n}.service"
        )
        for n, part in enumerate(parts)
    ]
    made = open_tickets(
        [
            _opening(part, service, ticket, actor=actor, now=now)
            for part, service in zip(parts, services, strict=True)
        ],
        event=PartFiled.name,
    )
    _belong(ticket, made, actor=actor, now=now)
    advance(
        ticket,
        Move.SPLIT,
        actor=actor,
        now=now,
        data={
            "part_ids": [one.id for one in made],
            "parts": [one.reference for one in made],
            "reason": reason,
        },
        event=TicketDivided(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id),
    )
    db.session.flush()
    return ticket


def _check_words(parts: Sequence[Mapping[str, str]], reason: str) -> None:
    if not parts:
        raise Refused(_("Say at least one part that becomes a request of its own."), field="parts")
    if len(parts) > MOST_PARTS:
        raise Refused(_("At most %(n)d parts are split off at once.", n=MOST_PARTS), field="parts")
    for n, part in enumerate(parts):
        for name in ("title", "description"):
            if not part[name]:
                raise Refused(_("Fill this in."), field=f"parts.{n}.{name}")
    if not reason:
        raise Refused(_("Tell the enterprise why in a sentence."), field="reason")


def _opening(
    part: Mapping[str, str], service: CurrentService, ticket: Ticket, *, actor: Actor, now: datetime
) -> Opening:
    """Give the ticket that a part makes: as if its request's asker had filed it, the same way."""
    try:
        enterprise = enterprise_facts(ticket.enterprise_id)
    except Missing as left:
        raise Conflict(_("This enterprise has left; nothing new is filed for it.")) from left
    request = Request(
        title=part["title"],
        description=part["description"],
        contact_name=ticket.contact_name,
        contact_phone=ticket.contact_phone,
        urgent=ticket.urgent,
        consent=ticket.consent,
        answers=known_answers(ticket, service.definition),
    )
    opening = opening_of(
        request,
        actor=actor,
        enterprise=enterprise,
        service=service,
        channel=ticket.channel,
        by=published(),
        now=now,
        demo=ticket.demo,
    )
    return replace(opening, ticket=replace(opening.ticket, filed_by_id=ticket.filed_by_id))


def _belong(ticket: Ticket, made: Sequence[AnyRow], *, actor: Actor, now: datetime) -> None:
    """Let parts and their request name each other, and say in each whence it came."""
    ids = [one.id for one in made]
    at_once(
        sa.update(Ticket)
        .where(Ticket.id.in_(ids))
        .values(split_from_id=ticket.id, linked_ids=[ticket.id])
    )
    ticket.linked_ids = [*ticket.linked_ids, *ids]
    parts = db.session.scalars(sa.select(Ticket).where(Ticket.id.in_(ids)).order_by(Ticket.id))
    named = {"from_id": ticket.id, "from": ticket.reference}
    add_entries(
        [(part, dict(named)) for part in parts], kind=EntryKind.SPLIT_OFF, actor=actor, now=now
    )

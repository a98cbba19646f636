"""Reads what an event was about, who is concerned, and what a person's bell says.

A batch costs a handful of statements, however many events it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.accounts.models import Membership
from service_portal.directory.models import Member
from service_portal.events.inbox import Delivery
from service_portal.kernel.db import AnyRow, at_once, db
from service_portal.notifications.models import Notification
from service_portal.notifications.subjects import SUBJECT_ID, SUBJECT_KIND, TITLE, may_know
from service_portal.people.models import Person
from service_portal.tickets import codes
from service_portal.tickets.models import Message, Ticket
from service_portal.tickets.visibility import roles_of
from service_portal.web.reading import LARGEST_ID


@dataclass(frozen=True, slots=True)
class EventFacts:
    """An event with the facts that decide who hears of it."""

    source: str
    event: str
    kind: str
    ticket_id: int
    filed_by_id: int | None
    enterprise_id: int
    owner_id: int | None
    station_id: int | None
    institution_id: int | None
    actor_person_id: int | None
    by_enterprise: bool = False
    clock: str = ""
    rung: str = ""
    offer_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person concerned, and as which party."""

    person_id: int
    membership_id: int | None
    mail_enabled: bool
    party: str


def _rows(model: Any, ids: set[int], *columns: Any) -> dict[int, Any]:
    if not ids:
        return {}
    return {
        row.id: row
        for row in db.session.execute(sa.select(model.id, *columns).where(model.id.in_(ids)))
    }


def facts_of(deliveries: Sequence[Delivery]) -> list[EventFacts]:
    """Read the facts of some events, in two statements."""
    tickets = _rows(
        Ticket,
        {d.ticket_id for d in deliveries if d.ticket_id is not None},
        Ticket.filed_by_id,
        Ticket.enterprise_id,
        Ticket.owner_id,
        Ticket.station_id,
        Ticket.institution_id,
    )
    messages = _rows(
        Message,
        {d.payload["message_id"] for d in deliveries if "message_id" in d.payload},
        Message.author_id,
        Message.author_role,
        Message.audience,
        Message.institution_id,
    )
    stories = []
    for delivery in deliveries:
        ticket = tickets.get(delivery.ticket_id or 0)
        if ticket is None:
            continue
        message = messages.get(delivery.payload.get("message_id", 0))
        clock, rung = delivery.payload.get("clock", ""), delivery.payload.get("rung", "")
        if message is not None and message.audience == codes.Audience.INTERNAL:
            continue
        stories.append(
            EventFacts(
                source=_source(delivery),
                event=delivery.event,
                kind=f"rung.{clock}.{rung}" if rung else delivery.event,
                ticket_id=ticket.id,
                filed_by_id=ticket.filed_by_id,
                enterprise_id=ticket.enterprise_id,
                owner_id=ticket.owner_id,
                station_id=ticket.station_id,
                institution_id=(
                    delivery.payload.get("institution_id")
                    or (message.institution_id if message else None)
                    or ticket.institution_id
                ),
                actor_person_id=(
                    message.author_id if message else delivery.payload.get("by_person_id")
                ),
                by_enterprise=message is not None and message.author_role.startswith("enterprise"),
                clock=clock,
                rung=rung,
                offer_id=delivery.payload.get("offer_id"),
                data={key: value for key, value in delivery.payload.items() if key == "reason"},
            )
        )
    return stories


def _source(delivery: Delivery) -> str:
    return (
        f"alarm-{delivery.payload['alarm_id']}"
        if "alarm_id" in delivery.payload
        else f"event-{delivery.id}"
    )


class Audience:
    """The people behind the parties of a batch of events, read once."""

    def __init__(self, stories: Sequence[EventFacts]) -> None:
        """Read members, memberships and persons that any of the stories may concern: two
        statements.
        """
        owners = {story.owner_id for story in stories if story.owner_id is not None}
        self._person_of_member = (
            {
                row.id: row.person_id
                for row in db.session.execute(
                    sa.select(Member.id, Member.person_id).where(Member.id.in_(owners))
                )
            }
            if owners
            else {}
        )
        people = {story.filed_by_id for story in stories if story.filed_by_id} | set(
            self._person_of_member.values()
        )
        memberships = db.session.execute(
            sa.select(
                Membership.id,
                Membership.person_id,
                Membership.role,
                Membership.enterprise_id,
                Membership.station_id,
                Membership.institution_id,
                Person.mail_enabled,
            )
            .join(Person, Person.id == Membership.person_id)
            .where(
                Membership.ended_at.is_(None),
                Person.active,
                sa.or_(
                    Membership.person_id.in_(people),
                    sa.and_(
                        Membership.role == Role.ENTERPRISE_OWNER,
                        Membership.enterprise_id.in_({s.enterprise_id for s in stories}),
                    ),
                    sa.and_(
                        Membership.role == Role.STATION_LEAD,
                        Membership.station_id.in_({s.station_id for s in stories if s.station_id}),
                    ),
                    Membership.institution_id.in_(
                        {s.institution_id for s in stories if s.institution_id}
                    ),
                    Membership.role == Role.MANAGER,
                ),
            )
            .order_by(Membership.id)
        ).all()
        self._memberships = memberships

    def of(self, story: EventFacts, parties: frozenset[str]) -> list[Recipient]:
        """List whom a story concerns, each once, without the person who caused it."""
        found: dict[int, Recipient] = {}
        for membership in self._memberships:
            party = self._party(membership, story, parties)
            if (
                party
                and membership.person_id != story.actor_person_id
                and membership.person_id not in found
            ):
                found[membership.person_id] = Recipient(
                    membership.person_id, membership.id, membership.mail_enabled, party
                )
        return list(found.values())

    def _party(self, membership: Any, story: EventFacts, parties: frozenset[str]) -> str | None:
        enterprise = membership.enterprise_id == story.enterprise_id
        if "filer" in parties and enterprise:
            on_behalf = not any(
                h.person_id == story.filed_by_id and h.enterprise_id == story.enterprise_id
                for h in self._memberships
            )
            if membership.person_id == story.filed_by_id or (
                on_behalf and membership.role == Role.ENTERPRISE_OWNER
            ):
                return "filer"
        owner = self._person_of_member.get(story.owner_id or 0)
        if (
            "owner" in parties
            and membership.person_id == owner
            and membership.station_id is not None
        ):
            return "owner"
        if (
            "leads" in parties
            and membership.role == Role.STATION_LEAD
            and membership.station_id == story.station_id
        ):
            return "leads"
        if (
            "institution" in parties
            and membership.institution_id is not None
            and membership.institution_id == story.institution_id
        ):
            return "institution"
        if "managers" in parties and membership.role == Role.MANAGER:
            return "managers"
        return None


# Of the bell a person sees what one of their roles may still see of its subject, whoever they were
# when it rang.
_READER = roles_of(sa.bindparam("person", type_=sa.BigInteger))
_RUNG = (
    sa.select(Notification.id)
    .outerjoin(Ticket, Ticket.id == Notification.ticket_id)
    .where(
        Notification.person_id == sa.bindparam("person"),
        Notification.channel == sa.literal_column("'app'"),
        may_know(_READER),
    )
)
_UNREAD = sa.select(sa.func.count()).select_from(
    _RUNG.where(Notification.read_at.is_(None)).limit(sa.bindparam("most")).subquery()
)
_BELL = (
    _RUNG.add_columns(
        Notification.kind,
        Notification.data,
        Notification.created_at,
        Notification.read_at,
        SUBJECT_KIND.label("subject_kind"),
        SUBJECT_ID.label("subject_id"),
        Ticket.reference,
        TITLE,
    )
    .where(Notification.id < sa.bindparam("before"))
    .order_by(Notification.id.desc())
    .limit(sa.bindparam("most"))
)


def unread_count(actor: Actor, *, most: int = 100) -> int:
    """Count unread messages of the bell, but never more than `most`:
    beyond it the badge says 99+.
    """
    return at_once(_UNREAD, {"person": actor.person_id, "most": most}).scalar_one() or 0


def bell(actor: Actor, *, before_id: int | None, size: int) -> Sequence[AnyRow]:
    """Read one more than `size` messages of the bell, newest first, with the reference of the
    ticket of those that have one, and the title for whoever is told of the ticket itself.
    """
    values = {"person": actor.person_id, "before": before_id or LARGEST_ID, "most": size + 1}
    return at_once(_BELL, values).all()

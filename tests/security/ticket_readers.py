"""Says, independently of the product, who may read what belongs to a ticket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.kernel.db import db


@dataclass(frozen=True)
class TicketFacts:
    """What decides who may see a ticket, read once."""

    enterprise_id: int
    filed_by_id: int
    station_id: int
    owners: frozenset[int]
    owner: int | None
    live: Mapping[int, str]
    institution_id: int | None
    on_behalf: bool
    stations: frozenset[int]


ENTERPRISE, STATION, INSTITUTION = (
    {"enterprise_owner", "enterprise_staff"},
    {"station_member", "station_lead"},
    {"institution_lead", "institution_worker"},
)


class TicketReaders:
    """Says who may read what belongs to a ticket.

    Written from the papers (reliability.md 5.6), not from the policy's code.
    """

    def __init__(self) -> None:
        """Read the facts of all tickets."""
        rows = db.session.execute(
            sa.text("""
            SELECT t.*, (SELECT coalesce(array_agg(a.member_id), '{}') FROM assignment AS a
                WHERE a.ticket_id = t.id) AS owners,
                (SELECT coalesce(jsonb_object_agg(o.institution_id,
                    CASE WHEN o.in_parallel THEN 'parallel' ELSE o.state END), '{}') FROM offer AS o
                    WHERE o.ticket_id = t.id AND o.state IN ('offered', 'accepted')) AS live,
                (SELECT coalesce(array_agg(CAST(l.data ->> 'from_station_id' AS bigint)), '{}')
                    FROM timeline_entry AS l
                    WHERE l.ticket_id = t.id AND l.kind = 'hand_over') AS stations
            FROM ticket AS t
        """)
        ).mappings()
        self.tickets = {
            row["id"]: TicketFacts(
                row["enterprise_id"],
                row["filed_by_id"],
                row["station_id"],
                frozenset(row["owners"]),
                row["owner_id"],
                {int(k): v for k, v in row["live"].items()},
                row["institution_id"],
                row["channel"] in {"desk", "phone", "visit"},
                frozenset(row["stations"]),
            )
            for row in rows
        }
        contacts = sa.text("SELECT id, station_id, institution_id FROM service_event")
        self.contacts = {row["id"]: dict(row) for row in db.session.execute(contacts).mappings()}
        self.asked = {
            (row.institution_id, row.ticket_id)
            for row in db.session.execute(sa.text("SELECT institution_id, ticket_id FROM offer"))
        }
        self.memberships = [
            dict(row) for row in db.session.execute(sa.text("SELECT * FROM membership")).mappings()
        ]

    def sees(self, actor: Actor, ticket_id: int) -> bool:
        """Say whether somebody may open a ticket."""
        facts, role = self.tickets[ticket_id], str(actor.role)
        if role in {"manager", "auditor"} or (role == "station_lead" and actor.headquarters):
            return True
        if role in STATION:
            return self._has_or_had(actor, ticket_id) or self._wrote_down(actor, ticket_id)
        if role in INSTITUTION:
            return actor.institution_id in facts.live
        return (
            facts.enterprise_id == actor.enterprise_id
            and (role == "enterprise_owner" or facts.filed_by_id == actor.person_id)
            if role in ENTERPRISE
            else False
        )

    def _has_or_had(self, actor: Actor, ticket_id: int) -> bool:
        """Say whether a ticket is or was at somebody's station, or theirs."""
        facts = self.tickets[ticket_id]
        here = actor.station_id in {facts.station_id, *facts.stations}
        return here or actor.member_id in facts.owners

    def _wrote_down(self, actor: Actor, ticket_id: int) -> bool:
        facts = self.tickets[ticket_id]
        return facts.on_behalf and facts.filed_by_id == actor.person_id

    def converses(self, actor: Actor, ticket_id: int) -> bool:
        """Say whether somebody may read what was said and attached: an institution only once it has
        accepted, and never where others are asked beside it.
        """
        offered = str(actor.role) in INSTITUTION and self.tickets[ticket_id].live.get(
            actor.institution_id or 0
        ) in {"offered", "parallel"}
        return self.sees(actor, ticket_id) and not offered

    def _ticket(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        if column == "reference" and role in INSTITUTION and self._was_asked(actor, row["id"]):
            # Whoever was asked goes on knowing it by its number.
            return True
        if not self.sees(actor, row["id"]):
            return False
        shown = {"title", "description", "answers", "reference"}
        if self._is_asked_beside_others(actor, row["id"]):
            # The enterprise chose it and agreed that it gets in touch.
            shown |= {"contact_name", "contact_phone"}
        if column not in shown and not self.converses(actor, row["id"]):
            return False
        return role != "auditor" or column in {"title", "reference"}

    def _is_asked_beside_others(self, actor: Actor, ticket_id: int) -> bool:
        return self.tickets[ticket_id].live.get(actor.institution_id or 0) == "parallel"

    def _loan_answer(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        if role in INSTITUTION:
            return bool(row["institution_id"] == actor.institution_id)
        return role != "auditor" and self._of_ticket(actor, row)

    def _loan_product(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return role not in INSTITUTION or bool(row["institution_id"] == actor.institution_id)

    def _message(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        if role in INSTITUTION and row["institution_id"] is not None:
            asked = self._is_asked_beside_others(actor, row["ticket_id"])
            return asked and bool(row["institution_id"] == actor.institution_id)
        if role == "auditor" and column == "body":
            return False
        if self._is_of_another(actor, role, row["author_id"]):
            return False
        return (
            self._staff_of(actor, role, row)
            if row["audience"] == "internal"
            else self._of_ticket(actor, row)
        )

    def _is_of_another(self, actor: Actor, role: str, person_id: int | None) -> bool:
        """Say whether a reader at an institution meets somebody of another one: they never learn
        of each other.
        """
        theirs = {
            one["institution_id"] for one in self.memberships if one["person_id"] == person_id
        } - {None}
        return role in INSTITUTION and bool(theirs) and actor.institution_id not in theirs

    def _was_asked(self, actor: Actor, ticket_id: int) -> bool:
        return (actor.institution_id, ticket_id) in self.asked

    def _timeline_entry(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        named = row["data"].get("institution_id")
        of_another = named is not None and named != actor.institution_id
        if role in INSTITUTION and of_another:
            return False
        if self._is_of_another(actor, role, row["actor_person_id"]):
            return False
        return (
            self._staff_of(actor, role, row)
            if row["audience"] == "staff"
            else self._of_ticket(actor, row)
        )

    def _attachment(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        if column in {"storage_name", "sha256"}:
            return False
        if row["service_event_id"] is not None and self._reads_line(actor, role, row):
            return True
        if role == "auditor" or self._is_of_another(actor, role, row["uploaded_by_id"]):
            return False
        if row["ticket_id"] is None:
            return bool(row["uploaded_by_id"] == actor.person_id)
        if role in INSTITUTION and self._is_asked_beside_others(actor, row["ticket_id"]):
            # What came with the request, and what is of its own conversation.
            came_with_it = (row["purpose"], row["audience"]) == ("request", "shared")
            whose = row["institution_id"]
            return came_with_it if whose is None else bool(whose == actor.institution_id)
        return (
            self._staff_of(actor, role, row)
            if row["audience"] == "internal"
            else self._of_ticket(actor, row)
        )

    def _reads_line(self, actor: Actor, role: str, row: Mapping[str, Any]) -> bool:
        """Say whether somebody reads the ledger's line that a file proves."""
        contact = self.contacts[row["service_event_id"]]
        if role == "institution_lead":
            return bool(contact["institution_id"] == actor.institution_id)
        return self._usage_entry(actor, role, "reason", contact)

    def _usage_entry(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return role in {"manager", "auditor"} or (
            role == "station_lead" and (actor.headquarters or row["station_id"] == actor.station_id)
        )

    def _decision(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return self._staff_of(actor, role, row)

    _assignment = _decision

    def _offer(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return self._staff_of(actor, role, row) or row["institution_id"] == actor.institution_id

    def _service_event(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return self._staff_of(actor, role, row) or (
            role in INSTITUTION and row["institution_id"] == actor.institution_id
        )

    def _rating(self, actor: Actor, role: str, column: str, row: Mapping[str, Any]) -> bool:
        return self._of_ticket(actor, row)

    def _clock(self, *_: Any) -> bool:
        return False

    _clock_pause = _notification_delivery = _credit_consent = _clock

    def _of_ticket(self, actor: Actor, row: Mapping[str, Any]) -> bool:
        return self.converses(actor, row["ticket_id"])

    def _staff_of(self, actor: Actor, role: str, row: Mapping[str, Any]) -> bool:
        if role in ENTERPRISE | INSTITUTION or not self._of_ticket(actor, row):
            return False
        # Who only wrote it down reads what the enterprise reads.
        return (
            role not in STATION
            or (actor.headquarters and role == "station_lead")
            or self._has_or_had(actor, row["ticket_id"])
        )

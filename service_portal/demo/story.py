"""One invented ticket, told with the product's own rules until today cuts the story off: what was
delivered and what of it counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from service_portal.counting.rules import RULE_VERSION, case_key, event_key, is_case, persons_of
from service_portal.demo.life import TABLES
from service_portal.demo.promises import Promised
from service_portal.demo.zone import Somebody
from service_portal.kernel.clock import zone_time
from service_portal.ledger.services import Usage
from service_portal.tickets.delivery_rules import DeliveryFacts, not_countable


@dataclass
class Rows:
    """What the stories leave behind, by table; ids are given when everything is known."""

    tickets: list[dict[str, Any]] = field(default_factory=list)
    words: list[dict[str, Any]] = field(default_factory=list)
    of: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in TABLES}
    )
    usages: list[tuple[datetime, Usage, dict[str, Any] | None]] = field(default_factory=list)


class Story(Promised):
    """The whole story of one ticket."""

    def deliver(
        self,
        by: Somebody,
        channel: str,
        minutes: int,
        summary: str,
        *,
        evidence: str,
        institution_id: int | None,
        recorded_at: datetime | None = None,
        same_controller: bool = False,
    ) -> None:
        """Record a contact; whether it counts is decided by the product's own rule."""
        day, recorded = self.at.astimezone(zone_time()).date(), recorded_at or self.at
        facts = DeliveryFacts(
            summary=summary,
            has_evidence=bool(evidence),
            minutes=minutes,
            channel=channel,
            counted_already=(institution_id, day) in self.counted,
            same_controller=same_controller,
            started_at=self.at,
            filed_at=self.filed_at,
            now=recorded,
        )
        reason = not_countable(facts)
        event = {
            "ticket_id": self.id,
            "enterprise_id": self.company.id,
            "station_id": self.ticket["station_id"],
            "institution_id": institution_id,
            "person_id": by.person_id,
            "person_name": self.pick(by.name),
            "channel": channel,
            "started_at": self.at,
            "day": day,
            "minutes": minutes,
            "attendees": self.random.choice((1, 1, 1, 2, 3)),
            "summary": summary,
            "evidence_note": evidence,
            "recorded_at": recorded,
            "countable": reason is None,
            "not_countable_reason": reason,
            "count_rule_version": RULE_VERSION,
        }
        self.rows["service_event"].append(event)
        if channel != "message":
            self.entry(
                "contact",
                by,
                data={
                    "channel": channel,
                    "minutes": minutes,
                    "summary": summary,
                    "countable": reason is None,
                    "why": reason,
                },
                at=recorded,
            )
            self.spoke(by)
        self.ticket["first_contact_at"] = self.ticket["first_contact_at"] or self.at
        if reason is None:
            self.counted.add((institution_id, day))
            key = event_key(
                enterprise_id=self.company.id,
                ticket_id=self.id,
                station_id=event["station_id"],
                institution_id=institution_id,
                day=day,
            )
            self._use(
                "event",
                recorded,
                self.at,
                institution_id,
                by,
                key,
                minutes=minutes,
                persons=persons_of(
                    count_basis=self.service.definition.count_basis,
                    channel=channel,
                    attendees=event["attendees"],
                ),
                event=event,
            )

    def count_case(self, by: Somebody | None, verdict: str | None = None) -> None:
        """Count the closed case, if it ended with a result that the enterprise does not call
        unsolved.
        """
        if is_case(outcome=self.ticket["close_outcome"], verdict=verdict):
            self._use(
                "case",
                self.at,
                self.at,
                self.ticket["institution_id"],
                by,
                case_key(ticket_id=self.id, cycle=self.cycle),
            )

    def _use(
        self,
        measure: str,
        written: datetime,
        at: datetime,
        institution_id: int | None,
        by: Somebody | None,
        key: str,
        *,
        minutes: int = 0,
        persons: int = 0,
        event: dict[str, Any] | None = None,
    ) -> None:
        usage = Usage(
            measure=measure,
            at=at,
            day=at.astimezone(zone_time()).date(),
            ticket_id=self.id,
            enterprise_id=self.company.id,
            station_id=self.ticket["station_id"],
            institution_id=institution_id,
            park_id=self.company.park_id,
            category_code=self.service.category.code,
            service_code=self.service.code,
            rule_version=RULE_VERSION,
            actor_person_id=by.person_id if by else None,
            unique_key=key,
            minutes=minutes,
            persons=persons,
        )
        self.usages.append((written, usage, event))

    def end(self) -> dict[str, Any]:
        """Close the books of today and give the ticket's own row."""
        return self.ticket | {
            "status": str(self.status),
            "version": self.version,
            "cycle": self.cycle,
            **self.standing(),
        }

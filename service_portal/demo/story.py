"""One invented ticket, told step by step with the product's own rules until today cuts the story
off.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from service_portal.catalogue.queries import CurrentService
from service_portal.counting.rules import RULE_VERSION, case_key, event_key, is_case, persons_of
from service_portal.demo.people import Company, Somebody
from service_portal.kernel.clock import zone_time
from service_portal.kernel.words import Words
from service_portal.ledger.services import Usage
from service_portal.sla.business_time import Limit, WorkCalendar
from service_portal.sla.rules import LADDERS, LIGHTS, counted_from, resumed_due, rungs_due
from service_portal.tickets.delivery_rules import DeliveryFacts, not_countable
from service_portal.tickets.rules import TABLE, Move, Status

SUPERVISION = {"level1": 1, "level2": 2, "level3": 3}
TABLES = (
    "timeline",
    "message",
    "decision",
    "assignment",
    "offer",
    "service_event",
    "clock",
    "clock_pause",
    "alarm",
    "rating",
)


class NotYet(Exception):
    """The next step of a story lies after today."""


@dataclass
class Rows:
    """What the stories leave behind, by table; ids are given when everything is known."""

    tickets: list[dict[str, Any]] = field(default_factory=list)
    words: list[dict[str, Any]] = field(default_factory=list)
    of: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in TABLES}
    )
    usages: list[tuple[datetime, Usage, dict[str, Any] | None]] = field(default_factory=list)


class Story:
    """The life of one ticket.

    Moves follow the lifecycle table; every step's time is checked against today.
    """

    def __init__(
        self,
        random: Random,
        *,
        ticket_id: int,
        reference: str,
        company: Company,
        service: CurrentService,
        filed_at: datetime,
        now: datetime,
        calendar: WorkCalendar,
        calendar_id: int,
    ) -> None:
        self.random, self.now, self.calendar, self.calendar_id = random, now, calendar, calendar_id
        self.reference = reference
        self.id, self.company, self.service, self.filed_at, self.at = (
            ticket_id,
            company,
            service,
            filed_at,
            filed_at,
        )
        self.status, self.cycle, self.version = Status.SUBMITTED, 1, 1
        self.ticket: dict[str, Any] = {
            "station_id": None,
            "owner_id": None,
            "institution_id": None,
            "waiting_reason": None,
            "bounces": 0,
            "redos": 0,
            "accepted_at": None,
            "first_contact_at": None,
            "answered_at": None,
            "closed_at": None,
            "close_outcome": None,
            "last_word_at": filed_at,
            "last_word_by": "enterprise",
            "merged_into_id": None,
        }
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        self.usages: list[tuple[datetime, Usage, dict[str, Any] | None]] = []
        self.clocks: dict[tuple[str, int], dict[str, Any]] = {}
        self.counted: set[tuple[int | None, Any]] = set()
        self.spoken: set[tuple[str, str]] = set()

    def wait(self, minutes: float) -> None:
        """Let working time pass, with some seconds of chance."""
        self.until(
            self.calendar.add_working(self.at, max(1, int(minutes)))
            + timedelta(seconds=self.random.randrange(60))
        )

    def until(self, moment: datetime) -> None:
        """Go on to a moment; raises NotYet when it has not come."""
        moment = max(moment, self.at)
        if moment > self.now:
            raise NotYet()
        self.at = moment

    def entry(
        self,
        kind: str,
        by: Somebody | None,
        *,
        data: dict[str, Any] | None = None,
        audience: str = "all",
        at: datetime | None = None,
        moved: tuple[str | None, str | None] = (None, None),
    ) -> None:
        """Add a line to the timeline; `by` None is the system."""
        self.rows["timeline"].append(
            {
                "ticket_id": self.id,
                "enterprise_id": self.company.id,
                "at": at or self.at,
                "kind": kind,
                "actor_person_id": by.person_id if by else None,
                "actor_role": str(by.role) if by else "system",
                "actor_name": self.pick(by.name) if by else "system",
                "from_status": moved[0],
                "to_status": moved[1],
                "audience": audience,
                "data": data or {},
            }
        )

    def move(self, move: Move, by: Somebody | None, *, audience: str = "all", **data: Any) -> None:
        """Make a legal move; an illegal one is a mistake of the story and raises KeyError."""
        before, self.status = self.status, TABLE[self.status, move]
        self.version += 1
        self.entry(
            str(move), by, data=data, audience=audience, moved=(str(before), str(self.status))
        )
        if by is not None:
            self.spoke(by)

    def spoke(self, by: Somebody) -> None:
        """Remember whose word was the last."""
        self.ticket["last_word_at"], self.ticket["last_word_by"] = (
            self.at,
            ("enterprise" if by is self.company.contact else "staff"),
        )

    def pick(self, words: Words) -> str:
        """Give words in the language this enterprise's case is written in."""
        return words.zh if self.company.chinese else words.en

    def say(self, by: Somebody, body: str, *, audience: str = "shared") -> None:
        """Write a message or an internal note."""
        self.rows["message"].append(
            {
                "ticket_id": self.id,
                "enterprise_id": self.company.id,
                "at": self.at,
                "author_id": by.person_id,
                "author_role": str(by.role),
                "author_name": self.pick(by.name),
                "audience": audience,
                "body": body,
            }
        )
        if audience == "shared":
            self.spoke(by)

    def decide(
        self,
        kind: str,
        chosen_id: int | None,
        words: Words,
        considered: dict[str, Any],
        outcome: str = "chosen",
    ) -> None:
        """Store why the ticket went where it went."""
        self.rows["decision"].append(
            {
                "ticket_id": self.id,
                "enterprise_id": self.company.id,
                "at": self.at,
                "kind": kind,
                "outcome": outcome,
                "chosen_id": chosen_id,
                "words_en": words.en,
                "words_zh": words.zh,
                "considered": considered,
            }
        )

    def _number(self, kind: str) -> int:
        """Give the cycle a clock of a kind belongs to; each offer has one of its own."""
        return self.ticket["bounces"] + 1 if kind == "offer" else self.cycle

    def start(self, kind: str) -> None:
        """Start the promise of a kind for this cycle."""
        promise = self.service.definition.limits[kind]
        limit = Limit(promise.amount, promise.unit)
        due = self.calendar.deadline(self.at, limit)
        clock = self.clocks.setdefault((kind, self._number(kind)), {"pauses": []})
        clock.update(
            {
                "ticket_id": self.id,
                "enterprise_id": self.company.id,
                "kind": kind,
                "cycle": self._number(kind),
                "limit_amount": limit.amount,
                "limit_unit": limit.unit,
                "calendar_id": self.calendar_id,
                "started_at": self.at,
                "due_at": due,
                "paused_at": None,
                "due_when_paused_at": None,
                "stopped_at": None,
                "outcome": None,
                "last_rung": None,
                "next_rung": None,
                "next_alarm_at": None,
                "estimated": self.calendar.is_estimate(self.at, due),
            }
        )

    def stop(self, kind: str, outcome: str | None = None) -> None:
        """Stop a running promise, met or late."""
        clock = self.clocks.get((kind, self._number(kind)))
        if clock is None or clock["stopped_at"] is not None:
            return
        due = clock["due_at"] or clock["due_when_paused_at"]
        self._climb(clock, self.at)
        late = (clock["paused_at"] or self.at) > due
        clock.update(
            stopped_at=self.at,
            outcome=outcome or ("late" if late else "met"),
            next_rung=None,
            next_alarm_at=None,
        )

    def pause(self, reason: str) -> None:
        """Let contact and answer stand still."""
        for kind in ("contact", "resolve"):
            clock = self.clocks.get((kind, self.cycle))
            if clock and clock["stopped_at"] is None and clock["paused_at"] is None:
                self._climb(clock, self.at)
                clock.update(
                    paused_at=self.at,
                    due_when_paused_at=clock["due_at"],
                    due_at=None,
                    next_alarm_at=None,
                )
                clock["pauses"].append({"from_at": self.at, "to_at": None, "reason": reason})

    def resume(self) -> None:
        """Let paused promises run on."""
        for clock in self.clocks.values():
            if clock["stopped_at"] is None and clock["paused_at"] is not None:
                due = resumed_due(
                    clock["due_when_paused_at"], clock["paused_at"], self.at, self.calendar
                )
                clock.update(due_at=due, paused_at=None, due_when_paused_at=None)
                clock["pauses"][-1]["to_at"] = self.at

    def _climb(self, clock: dict[str, Any], at: datetime) -> None:
        if clock["due_at"] is None:
            return
        ladder = LADDERS[clock["kind"]]
        first = ladder.index(clock["last_rung"]) + 1 if clock["last_rung"] else 0
        if first >= len(ladder):
            clock.update(next_rung=None, next_alarm_at=None)
            return
        start = counted_from(
            clock["started_at"],
            Limit(clock["limit_amount"], clock["limit_unit"]),
            clock["due_at"],
            self.calendar,
        )
        reached, following = rungs_due(
            clock["kind"], start, clock["due_at"], ladder[first], at, self.calendar
        )
        for rung, when in reached:
            fired = when + timedelta(seconds=self.random.randrange(3, 20))
            self.rows["alarm"].append(
                {
                    "clock": clock,
                    "ticket_id": self.id,
                    "enterprise_id": self.company.id,
                    "kind": clock["kind"],
                    "rung": rung,
                    "due_at": when,
                    "fired_at": fired,
                    "skipped": False,
                }
            )
            self.entry(
                "rung",
                None,
                data={"clock": clock["kind"], "rung": rung},
                audience="staff",
                at=fired,
            )
            clock["last_rung"] = rung
        clock["next_rung"], clock["next_alarm_at"] = following or (None, None)

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
        """Close the books of today: what running promises have reached,
        and the ticket's own row.
        """
        light = supervision = 0
        dues = []
        for clock in self.clocks.values():
            if clock["stopped_at"] is None:
                self._climb(clock, self.now)
                if clock["due_at"] and clock["kind"] != "offer":
                    dues.append(clock["due_at"])
                    light = max(light, LIGHTS.get(clock["last_rung"] or "", 0))
            supervision = max(supervision, SUPERVISION.get(clock["last_rung"] or "", 0))
        resolve = self.clocks.get(("resolve", self.cycle), {})
        return self.ticket | {
            "id": self.id,
            "status": str(self.status),
            "version": self.version,
            "cycle": self.cycle,
            "light": light,
            "supervision_level": supervision,
            "next_due_at": min(dues, default=None),
            "resolve_due_at": resolve.get("due_at") or resolve.get("due_when_paused_at"),
        }

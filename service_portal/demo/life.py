"""What happens to one invented ticket, step by step, by the product's own lifecycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from service_portal.catalogue.queries import CurrentService
from service_portal.demo.zone import Company, Somebody
from service_portal.kernel.reasons import Reason
from service_portal.kernel.words import Words
from service_portal.ledger.services import Usage
from service_portal.sla.queries import Published
from service_portal.tickets.opening import FirstRows
from service_portal.tickets.rules import TABLE, Move, Status

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


def running(clock: Mapping[str, Any]) -> dict[str, Any]:
    """Give a promise that has just started, with all that may come of it."""
    return {
        **clock,
        "paused_at": None,
        "due_when_paused_at": None,
        "stopped_at": None,
        "outcome": None,
        "last_rung": None,
        "first_due_at": None,
        "pauses": [],
    }


class Life:
    """What happens to one ticket: its moves, its timeline, what people write.

    Moves follow the lifecycle table; every step's time is checked against today.
    """

    def __init__(
        self,
        random: Random,
        *,
        first: FirstRows,
        company: Company,
        service: CurrentService,
        now: datetime,
        by: Published,
    ) -> None:
        self.random, self.now, self.by, self.calendar = random, now, by, by.calendar
        self.company, self.service = company, service
        self.id, self.reference = first.ticket["id"], first.ticket["reference"]
        self.filed_at = self.at = first.ticket["filed_at"]
        self.status, self.cycle, self.version = Status.SUBMITTED, 1, 1
        self.ticket: dict[str, Any] = first.ticket | {
            "station_id": None,
            "owner_id": None,
            "institution_id": None,
            "waiting_reason": None,
            "bounces": 0,
            "turns": 0,
            "by_hand": False,
            "redos": 0,
            "accepted_at": None,
            "first_contact_at": None,
            "answered_at": None,
            "call_back_due_at": None,
            "extension_due_at": None,
            "extension_asked_by_id": None,
            "closed_at": None,
            "close_outcome": None,
            "last_word_by": "enterprise",
            "merged_into_id": None,
            "split_from_id": None,
            "linked_ids": [],
        }
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        self.rows["timeline"].append({"from_status": None, "audience": "all", **first.entry})
        self.usages: list[tuple[datetime, Usage, dict[str, Any] | None]] = []
        self.clocks: list[dict[str, Any]] = [running(clock) for clock in first.clocks]
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

    def choose(self, lines: Sequence[tuple[str, str]]) -> str:
        """Choose what is said, nothing twice on a case while there is something else to say."""
        left = [line for line in lines if line not in self.spoken]
        line = self.random.choice(left or lines)
        self.spoken.add(line)
        zh, en = line
        return zh if self.company.chinese else en

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
        reason: Reason,
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
                "reason_code": reason.code,
                "considered": reason.facts,
            }
        )

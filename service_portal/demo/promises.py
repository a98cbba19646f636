"""The promises of an invented ticket: when they run, stand still and are met.

A year of them is lived in memory, by the rules the product goes by, and copied into the database;
`tests/services/test_demo.py` compares what comes out with what the writers of a zone would write.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from service_portal.demo.life import Life, running
from service_portal.sla.business_time import Limit
from service_portal.sla.codes import ASIDE, ClockKind, LimitUnit
from service_portal.sla.rules import (
    LADDER_VERSION,
    LADDERS,
    LIGHTS,
    SUPERVISION,
    counted_from,
    own_limit,
    plan_until,
    resumed_due,
    rungs_due,
)
from service_portal.tickets.clock_rows import started, started_until
from service_portal.tickets.clocks import OF_WORK
from service_portal.tickets.rules import WAITED_FOR

LADDER = LADDERS[LADDER_VERSION]


class Promised(Life):
    """A ticket whose promises run in working time."""

    def _newest(self, kind: str) -> dict[str, Any] | None:
        """Give the newest promise of a kind, running or not."""
        return next((one for one in reversed(self.clocks) if one["kind"] == kind), None)

    def due_of(self, kind: str) -> datetime:
        """Give when the newest promise of a kind is due."""
        clock = self._newest(kind)
        assert clock is not None
        due_at: datetime = clock["due_at"]
        return due_at

    def start(self, kind: str) -> None:
        """Make a promise of a kind, for the first time or again."""
        promise = self.service.definition.limits[kind]
        self.start_within(kind, Limit(promise.amount, promise.unit))

    def start_own_time(self) -> None:
        """Let the time run that the institution has for the case it has taken."""
        least = self.service.definition.limits["contact"]
        promised = (self._newest("resolve") or {}).get("due_at")
        limit = own_limit(self.at, promised, Limit(least.amount, least.unit), self.calendar)
        self.start_within(ClockKind.HANDLE, limit)

    def start_within(self, kind: str, limit: Limit) -> None:
        """Make a promise of a kind that is due within a time."""
        before = self._newest(kind)
        cycle = before["cycle"] + 1 if before else 1
        clock = started(kind, limit, cycle=cycle, now=self.at, by=self.by)
        of_ticket = {"ticket_id": self.id, "enterprise_id": self.company.id}
        self.clocks.append(running(of_ticket | clock))

    def start_until(self, day: date, kind: str) -> None:
        """Make a promise that is due on a day."""
        before = self._newest(kind)
        cycle = before["cycle"] + 1 if before else 1
        clock = started_until(day, kind, cycle=cycle, now=self.at, by=self.by)
        of_ticket = {"ticket_id": self.id, "enterprise_id": self.company.id}
        self.clocks.append(running(of_ticket | clock))

    def extend(self, until: datetime) -> None:
        """Promise the answer by a later moment, beside the one that was promised first."""
        before = self._newest("resolve")
        assert before is not None
        self._climb(before, self.at)
        limit = Limit(before["limit_amount"], before["limit_unit"])
        since = counted_from(before["started_at"], limit, before["due_at"], self.calendar)
        days = max(self.calendar.working_days_between(since, until), 1)
        plan = plan_until(ClockKind.RESOLVE, since, until, self.calendar)
        self._end(before, "cancelled")
        later = {
            "cycle": before["cycle"] + 1,
            "limit_amount": days,
            "limit_unit": LimitUnit.WORKING_DAYS,
            "started_at": since,
            "due_at": until,
            "next_rung": plan.next_rung,
            "next_alarm_at": plan.next_alarm_at,
            "estimated": plan.estimated,
        }
        first = {"first_due_at": before["first_due_at"] or before["due_at"]}
        named = {name: before[name] for name in before if name not in {"pauses", "id"}}
        self.clocks.append(running(named | later) | first)
        own = self._newest(ClockKind.HANDLE)
        if own is not None and own["stopped_at"] is None:
            self._climb(own, self.at)
            self._end(own, "cancelled")
            self.start_own_time()

    def stop(self, kind: str) -> None:
        """Stop a running promise, met or late."""
        clock = self._newest(kind)
        if clock is None or clock["stopped_at"] is not None:
            return
        due = clock["due_at"] or clock["due_when_paused_at"]
        self._climb(clock, self.at)
        late = (clock["paused_at"] or self.at) > due
        self._end(clock, "late" if late else "met")

    def cancel(self) -> None:
        """End every running promise; none of them counts."""
        for clock in self.clocks:
            if clock["stopped_at"] is None:
                self._end(clock, "cancelled")

    def _end(self, clock: dict[str, Any], outcome: str) -> None:
        clock.update(stopped_at=self.at, outcome=outcome, next_rung=None, next_alarm_at=None)
        if clock["paused_at"] is not None:
            clock["pauses"][-1]["to_at"] = self.at

    def pause(self, reason: str) -> None:
        """Let the promises of the work stand still."""
        for kind in OF_WORK:
            clock = self._newest(kind)
            if clock and clock["stopped_at"] is None and clock["paused_at"] is None:
                self._climb(clock, self.at)
                clock.update(
                    paused_at=self.at,
                    due_when_paused_at=clock["due_at"],
                    due_at=None,
                    next_alarm_at=None,
                )
                pause = {"from_at": self.at, "to_at": None, "reason": reason}
                clock["pauses"].append(
                    pause | {"party": WAITED_FOR[reason], "calendar_version": self.by.version}
                )

    def resume(self) -> None:
        """Let paused promises run on."""
        for clock in self.clocks:
            if clock["stopped_at"] is None and clock["paused_at"] is not None:
                due = resumed_due(
                    clock["due_when_paused_at"],
                    clock["paused_at"],
                    self.at,
                    self.calendar,
                    self.calendar,
                )
                if clock["first_due_at"] is not None:
                    clock["first_due_at"] = resumed_due(
                        clock["first_due_at"],
                        clock["paused_at"],
                        self.at,
                        self.calendar,
                        self.calendar,
                    )
                clock.update(due_at=due, paused_at=None, due_when_paused_at=None)
                clock["pauses"][-1]["to_at"] = self.at

    def _climb(self, clock: dict[str, Any], at: datetime) -> None:
        if clock["due_at"] is None:
            return
        ladder = LADDER.rungs[clock["kind"]]
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
            clock["kind"], start, clock["due_at"], ladder[first], at, self.calendar, LADDER
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
                data={"clock": clock["kind"], "rung": rung} | self._whose(clock["kind"]),
                audience="staff",
                at=fired,
            )
            clock["last_rung"] = rung
        clock["next_rung"], clock["next_alarm_at"] = following or (None, None)

    def _whose(self, kind: str) -> dict[str, Any]:
        """Name the institution whose own time it is."""
        of_it = {"institution_id": self.ticket["institution_id"]}
        return of_it if kind == ClockKind.HANDLE else {}

    def standing(self) -> dict[str, Any]:
        """Give what running promises have reached today: light, level of supervision, due times."""
        light = supervision = 0
        dues = []
        for clock in self.clocks:
            if clock["stopped_at"] is None:
                self._climb(clock, self.now)
                if clock["due_at"] and clock["kind"] not in ASIDE:
                    dues.append(clock["due_at"])
                    light = max(light, LIGHTS.get(clock["last_rung"] or "", 0))
            if clock["kind"] not in ASIDE:
                supervision = max(supervision, SUPERVISION.get(clock["last_rung"] or "", 0))
        resolve = self._newest("resolve") or {}
        call_back = self._newest(ClockKind.CALL_BACK) or {}
        return {
            "light": light,
            "supervision_level": supervision,
            "next_due_at": min(dues, default=None),
            "resolve_due_at": resolve.get("due_at"),
            "call_back_due_at": None if call_back.get("stopped_at") else call_back.get("due_at"),
        }

"""The ladder of a clock: when to remind, warn and escalate, and how a promise is planned. Pure.

Rungs follow domain.md 2.2, rule 6: remind at half of the limit, yellow at 80 %, red when it is used
up, then supervision levels 1, 2 and 3 after one, three and five working days.

Every clock keeps the version of the ladder it started with. To change the ladder, add a version:
those that are there never change, so no clock that runs has its rungs moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from service_portal.sla.business_time import Limit, WorkCalendar
from service_portal.sla.codes import ClockKind, LimitUnit, Rung

REMIND, YELLOW, RED, LEVEL1, LEVEL2, LEVEL3 = Rung

LIGHTS: dict[str, int] = {YELLOW: 1, RED: 2, LEVEL1: 2, LEVEL2: 2, LEVEL3: 2}
SUPERVISION: dict[str, int] = {LEVEL1: 1, LEVEL2: 2, LEVEL3: 3}


@dataclass(frozen=True, slots=True)
class Ladder:
    """One version of the rungs.

    `rungs` are those of each kind of clock in their order. `shares` are reached when such a part of
    the time is used, `levels` so many working days after it is over; others when it is over.
    """

    rungs: Mapping[str, tuple[str, ...]]
    shares: Mapping[str, tuple[int, int]]
    levels: Mapping[str, int]


LADDERS: dict[int, Ladder] = {
    1: Ladder(
        rungs={
            ClockKind.ACCEPT: (REMIND, YELLOW, RED, LEVEL1, LEVEL2, LEVEL3),
            ClockKind.CONTACT: (YELLOW, RED, LEVEL1),
            ClockKind.RESOLVE: (YELLOW, RED, LEVEL1, LEVEL2, LEVEL3),
            ClockKind.OFFER: (REMIND,),
        },
        shares={REMIND: (1, 2), YELLOW: (4, 5)},
        levels={LEVEL1: 1, LEVEL2: 3, LEVEL3: 5},
    ),
}
# An institution that has taken up an offer side by side with others owes its decision.
LADDERS[2] = replace(
    LADDERS[1], rungs={**LADDERS[1].rungs, ClockKind.DECISION: (YELLOW, RED, LEVEL1)}
)
# Whoever puts a case on hold looks at it again on a day; then it is on their desk, and where they
# do not look, on that of their lead.
LADDERS[3] = replace(
    LADDERS[2], rungs={**LADDERS[2].rungs, ClockKind.LOOK_AGAIN: (RED, LEVEL1, LEVEL2)}
)
# An institution that has taken a case has a time of its own for it, within the enterprise's.
LADDERS[4] = replace(LADDERS[3], rungs={**LADDERS[3].rungs, ClockKind.HANDLE: (YELLOW, RED)})
# A lead owes a call to an enterprise that is not content; who is silent is seen by the managers.
LADDERS[5] = replace(LADDERS[4], rungs={**LADDERS[4].rungs, ClockKind.CALL_BACK: (RED, LEVEL1)})
LADDER_VERSION = max(LADDERS)
# An institution's own time is so much of what is left of the promise: the rest is the station's.
OWN_SHARE = (4, 5)


def ladder_of(version: int) -> Ladder:
    """Give a version of the ladder; one that only a later release knows is the newest known here.

    While two releases serve, the former one meets clocks of the later one.
    """
    return LADDERS.get(version) or LADDERS[LADDER_VERSION]


@dataclass(frozen=True, slots=True)
class ClockPlan:
    """A promise made now: when it is due, the first rung and its moment, and whether holidays on
    the way are official.
    """

    due_at: datetime
    next_rung: str | None
    next_alarm_at: datetime | None
    estimated: bool


def plan_clock(kind: str, limit: Limit, start: datetime, calendar: WorkCalendar) -> ClockPlan:
    """Plan a clock of this kind that starts now, on the newest ladder."""
    return plan_until(kind, start, calendar.deadline(start, limit), calendar)


def own_limit(
    start: datetime, promised: datetime | None, least: Limit, calendar: WorkCalendar
) -> Limit:
    """Give an institution's own time with a case that it takes now: four fifths of the working time
    that is left of the promise to the enterprise, in whole hours, but never less than `least`.
    """
    part, whole = OWN_SHARE
    left = calendar.working_between(start, promised) if promised is not None else 0
    own = Limit(left * part // whole // 60, LimitUnit.WORKING_HOURS)
    return max(own, least, key=lambda limit: calendar.deadline(start, limit))


def plan_until(kind: str, start: datetime, due: datetime, calendar: WorkCalendar) -> ClockPlan:
    """Plan a clock of this kind that starts now and is due at a moment that somebody chose."""
    ladder = LADDERS[LADDER_VERSION]
    rung, alarm_at = next_rung(kind, start, due, None, calendar, ladder) or (None, None)
    return ClockPlan(due, rung, alarm_at, calendar.is_estimate(start, due))


def rung_at(
    rung: str, start: datetime, due: datetime, calendar: WorkCalendar, ladder: Ladder
) -> datetime:
    """Give the moment of a rung of a clock that runs from `start` to `due`; shares are of working
    time.
    """
    if rung in ladder.shares:
        part, whole = ladder.shares[rung]
        minutes = calendar.working_between(start, due)
        if minutes == 0:
            return start + (due - start) * part / whole
        return calendar.add_working(start, minutes * part // whole)
    if rung in ladder.levels:
        return calendar.add_working_days(due, ladder.levels[rung])
    return due


def counted_from(start: datetime, limit: Limit, due: datetime, calendar: WorkCalendar) -> datetime:
    """Give the moment a clock would have started at to be due when it is, had it never paused.

    Shares of its time are measured from there: what it stood still is no part of them.
    """
    promised = calendar.deadline(start, limit)
    minutes = calendar.working_between(start, promised)
    if minutes == 0:
        return max(due - (promised - start), start)
    return calendar.add_working(start, calendar.working_between(start, due) - minutes)


def next_rung(
    kind: str,
    start: datetime,
    due: datetime,
    last: str | None,
    calendar: WorkCalendar,
    ladder: Ladder,
) -> tuple[str, datetime] | None:
    """Give the rung after `last` and its moment, or None at the top of the ladder."""
    rungs = ladder.rungs[kind]
    index = rungs.index(last) + 1 if last in rungs else 0
    if index >= len(rungs):
        return None
    return rungs[index], rung_at(rungs[index], start, due, calendar, ladder)


def rungs_due(
    kind: str,
    start: datetime,
    due: datetime,
    first: str,
    now: datetime,
    calendar: WorkCalendar,
    ladder: Ladder,
) -> tuple[list[tuple[str, datetime]], tuple[str, datetime] | None]:
    """List the rungs reached by `now`, from `first` on, and the one that comes after them.

    When a sweep has slept, several are reached: the caller lets only the last of them speak.
    """
    rungs = ladder.rungs[kind]
    reached: list[tuple[str, datetime]] = []
    for rung in rungs[rungs.index(first) :]:
        at = rung_at(rung, start, due, calendar, ladder)
        if at > now:
            return reached, (rung, at)
        reached.append((rung, at))
    return reached, None


def resumed_due(
    due: datetime,
    paused_at: datetime,
    now: datetime,
    calendar: WorkCalendar,
    ran_by: WorkCalendar,
) -> datetime:
    """Give the new due moment of a clock that paused: the working time that was left by the
    calendar it ran by, counted from now by the present one.

    Pausing and resuming at the same instant changes nothing. A clock already late stays as late as
    it was.
    """
    left = ran_by.working_between(paused_at, due)
    if left > 0:
        return due if paused_at == now else calendar.add_working(now, left)
    return due + (now - paused_at) if due > paused_at else due

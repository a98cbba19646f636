"""Twelve months of a living zone, and how their rows reach the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.catalogue.queries import active_services
from service_portal.demo.asking import asked_for
from service_portal.demo.life import TABLES
from service_portal.demo.plot import Plot
from service_portal.demo.requests import request_of
from service_portal.demo.story import Rows, Story
from service_portal.demo.zone import Zone
from service_portal.directory.models import Park
from service_portal.kernel.clock import zone_time
from service_portal.kernel.copying import copy_rows, reserve_ids, reserve_numbers
from service_portal.kernel.db import db
from service_portal.ledger.models import UsageEntry
from service_portal.ledger.services import append_many, reverse
from service_portal.reminding.models import Alarm
from service_portal.sla.queries import published
from service_portal.tickets.models import (
    Assignment,
    Clock,
    ClockPause,
    Decision,
    Message,
    Offer,
    Rating,
    ServiceEvent,
    Ticket,
    TicketWords,
    TimelineEntry,
)
from service_portal.tickets.opening import first_rows

# Lines the manager has taken back: what they count, how many days ago, why.
CORRECTED = (
    ("event", 40, "佐证材料属于另一工单 · the evidence belongs to another ticket"),
    ("event", 9, "同一次上门重复登记 · the same visit was recorded twice"),
    ("case", 23, "同一事项已在另一工单计数 · the same matter is counted in another ticket"),
)
# When members and institutions were last given something: the reasons of the next rounds speak of
# it.
LAST_GIVEN = (
    """UPDATE member AS m SET last_assigned_at = given.at
    FROM (SELECT member_id, max(from_at) AS at FROM assignment GROUP BY 1) AS given
    WHERE m.id = given.member_id""",
    """UPDATE institution AS i SET last_offered_at = given.at
    FROM (SELECT institution_id, max(offered_at) AS at FROM offer GROUP BY 1) AS given
    WHERE i.id = given.institution_id""",
)
MODELS: dict[str, Any] = {
    "timeline": TimelineEntry,
    "message": Message,
    "decision": Decision,
    "assignment": Assignment,
    "offer": Offer,
    "service_event": ServiceEvent,
    "rating": Rating,
}


def make_history(random: Random, zone: Zone, *, now: datetime) -> int:
    """Invent the tickets of the last twelve months, write them, and give how many service events
    count.
    """
    present = published()
    services = {service.code: service for service in active_services()}
    parks = {row.id: row.code for row in db.session.execute(sa.select(Park.id, Park.code))}
    plot, rows = Plot(random, zone), Rows()
    asked = sorted(asked_for(random, zone, services, parks, now), key=lambda one: one[0])
    ids, numbers = reserve_ids("ticket", len(asked)), reserve_numbers("ticket_number", len(asked))
    stories: dict[tuple[int, str, str | None], Story] = {}
    for n, (filed_at, company, service, fate, twin) in enumerate(asked):
        opening = request_of(
            random,
            company,
            service,
            title=twin,
            park_code=parks[company.park_id],
            by=present,
            now=filed_at,
        )
        first = first_rows(opening, ticket_id=ids[n], number=numbers[n])
        story = Story(
            random,
            first=first,
            company=company,
            service=service,
            now=now,
            by=present,
        )
        # Of what is asked twice, half is merged if that is still possible, and half linked.
        earlier = stories.get((company.id, service.code, twin)) if twin else None
        plot.play(story, fate=fate, master=earlier if n % 2 else None)
        if earlier and n % 2 == 0:
            plot.link(story, earlier)
        stories[company.id, service.code, twin] = story
        rows.tickets.append(story.end())
        rows.words.append(first.words)
        for name in TABLES:
            rows.of[name] += story.rows[name]
        rows.of["clock"] += story.clocks
        rows.usages += story.usages
    _write(rows)
    _correct(random, zone, now=now)
    return sum(usage.measure == "event" for _, usage, _ in rows.usages)


def _write(rows: Rows) -> None:
    copy_rows(Ticket, rows.tickets)
    copy_rows(TicketWords, rows.words)
    _number("service_event", rows.of["service_event"])
    for name, model in MODELS.items():
        copy_rows(
            model,
            sorted(
                rows.of[name],
                key=lambda row: (
                    row.get("at")
                    or row.get("from_at")
                    or row.get("offered_at")
                    or row["recorded_at"]
                ),
            ),
        )
    clocks = rows.of["clock"]
    _number("clock", clocks)
    copy_rows(
        Clock,
        [{name: value for name, value in clock.items() if name != "pauses"} for clock in clocks],
    )
    copy_rows(
        ClockPause,
        [
            {"clock_id": clock["id"], "enterprise_id": clock["enterprise_id"], **pause}
            for clock in clocks
            for pause in clock["pauses"]
        ],
    )
    alarms = {(alarm["clock"]["id"], alarm["rung"]): alarm for alarm in rows.of["alarm"]}
    copy_rows(
        Alarm,
        [
            {
                "clock_id": alarm["clock"]["id"],
                **{name: value for name, value in alarm.items() if name != "clock"},
            }
            for alarm in alarms.values()
        ],
    )
    for statement in LAST_GIVEN:
        db.session.execute(sa.text(statement))
    used = sorted(rows.usages, key=lambda one: one[0])
    append_many([_numbered(usage, event) for _, usage, event in used])


def _correct(random: Random, zone: Zone, *, now: datetime) -> None:
    """Let the manager take back some lines of the last months, as one does after looking at the
    evidence.
    """
    manager = Actor(role=Role.MANAGER, person_id=zone.roles[Role.MANAGER], name="Manager")
    taken_back = sa.select(UsageEntry.reverses).where(UsageEntry.reverses.is_not(None))
    for measure, days, reason in CORRECTED:
        before = (now - timedelta(days=days + 14)).date()
        lines = (
            sa.select(UsageEntry.seq)
            .where(
                UsageEntry.measure == measure,
                # A line is taken back once, and none that takes back.
                UsageEntry.quantity == 1,
                UsageEntry.seq.not_in(taken_back),
                UsageEntry.day.between(before - timedelta(days=30), before),
            )
            .order_by(UsageEntry.seq)
        )
        reverse(
            random.choice(db.session.scalars(lines).all()),
            actor=manager,
            reason=reason,
            now=now - timedelta(days=days),
            zone=zone_time(),
        )


def _number(table: str, rows: list[dict[str, Any]]) -> None:
    for row, row_id in zip(rows, reserve_ids(table, len(rows)), strict=True):
        row["id"] = row_id


def _numbered(usage: Any, event: dict[str, Any] | None) -> Any:
    return replace(usage, service_event_id=event["id"]) if event else usage

"""Twelve months of a living zone, and how their rows reach the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.catalogue.queries import active_services
from service_portal.demo import talk
from service_portal.demo.answers import answers_for
from service_portal.demo.asking import asked_for, title_of
from service_portal.demo.life import TABLES
from service_portal.demo.plot import Plot
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
from service_portal.tickets.search import search_tokens

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
    firsts: dict[tuple[int, str, str | None], Story] = {}
    for n, (filed_at, company, service, fate, twin) in enumerate(asked):
        local = filed_at.astimezone(zone_time())
        reference = f"{parks[company.park_id]}-{local.year}-{numbers[n]:05d}"
        story = Story(
            random,
            ticket_id=ids[n],
            reference=reference,
            company=company,
            service=service,
            filed_at=filed_at,
            now=now,
            by=present,
        )
        facts = _request(random, story, reference, local.date(), twin)
        story.ticket.update(answers=facts["answers"], consent=facts["consent"])
        # Of what is asked twice, half is noticed and merged.
        plot.play(
            story,
            urgent=facts["urgent"],
            fate=fate,
            master=firsts.get((company.id, service.code, twin)) if twin and n % 2 else None,
        )
        firsts[company.id, service.code, twin] = story
        rows.tickets.append(story.end() | facts)
        words = [
            *search_tokens(facts["title"], company.name.zh, company.name.en),
            reference.lower(),
        ]
        rows.words.append({"ticket_id": story.id, "enterprise_id": company.id, "words": words})
        for name in TABLES:
            rows.of[name] += story.rows[name]
        rows.of["clock"] += story.clocks
        rows.usages += story.usages
    _write(rows)
    _correct(random, zone, now=now)
    return sum(usage.measure == "event" for _, usage, _ in rows.usages)


def _request(
    random: Random, story: Story, reference: str, today: Any, title: str | None
) -> dict[str, Any]:
    company, service, definition = story.company, story.service, story.service.definition
    title = title or title_of(random, service.code, company.chinese)
    zh, en = random.choice(talk.DESCRIPTIONS)
    answers = answers_for(definition, random, today=today, chinese=company.chinese)
    amount = answers.get(definition.amount_field or "")
    return {
        "reference": reference,
        "enterprise_id": company.id,
        "park_id": company.park_id,
        "service_code": service.code,
        "category_code": service.category.code,
        "service_version_id": service.version_id,
        "filed_by_id": company.contact.person_id,
        "channel": random.choices(("web", "desk", "api"), weights=(86, 10, 4))[0],
        "contact_name": story.pick(company.contact.name),
        "contact_phone": company.phone,
        "title": title,
        "description": zh if company.chinese else en,
        "answers": answers,
        "amount": amount,
        "urgent": random.random() < 0.06,
        "consent": definition.delivered_by != "both" or random.random() < 0.9,
        "delivered_by": definition.delivered_by,
        "auto_accept": definition.auto_accept,
        "effort_points": definition.effort_points,
        "filed_at": story.filed_at,
        "demo": True,
    }


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
    for measure, days, reason in CORRECTED:
        before = (now - timedelta(days=days + 14)).date()
        lines = (
            sa.select(UsageEntry.seq)
            .where(
                UsageEntry.measure == measure,
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

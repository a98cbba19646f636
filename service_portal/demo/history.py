"""Twelve months of a living zone: when tickets are filed, by whom and for what, and how the rows
reach the database.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.catalogue.queries import CurrentService, active_services
from service_portal.demo import talk
from service_portal.demo.answers import answers_for
from service_portal.demo.people import DEMO_PARK, RELATED, Company, Zone
from service_portal.demo.plot import Plot
from service_portal.demo.story import TABLES, Rows, Story
from service_portal.directory.models import Park
from service_portal.kernel.clock import zone_time
from service_portal.kernel.copying import copy_rows, reserve_ids, reserve_numbers
from service_portal.kernel.db import db
from service_portal.ledger.models import UsageEntry
from service_portal.ledger.services import append_many, reverse
from service_portal.reminding.models import Alarm
from service_portal.sla.business_time import WorkCalendar
from service_portal.sla.models import Clock, ClockPause
from service_portal.sla.queries import calendar_for
from service_portal.tickets.models import (
    Assignment,
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

TICKETS = 2_490
WEIGHTS = {
    "POL": 15,
    "PRJ": 12,
    "FIN": 13,
    "IPR": 12,
    "TAL": 10,
    "LEG": 8,
    "TAX": 8,
    "TST": 7,
    "RND": 4,
    "DIG": 5,
    "MKT": 4,
    "SPC": 8,
    "GRN": 3,
    "TRD": 4,
}
# Every so many-th ticket carries one of the anomalies an auditor should find (domain.md 5.2).
FATES = {11: "backdated", 23: "bounced", 37: "late", 53: "redo", 71: "held", 89: "duplicate"}
# What lies on the desks of the demo's people at any hour of any day: service, fate, how many
# working hours ago, how many.
TODAY = (
    ("POL-01", "late", 26, 3),
    ("TAX-01", "late", 30, 3),
    ("LEG-01", "late", 20, 3),
    ("POL-02", "late", 42, 4),
    ("PRJ-02", "late", 36, 4),
    ("IPR-02", "late", 65, 3),
    ("POL-03", "late", 30, 3),
    ("POL-04", "given", 1, 1),
    ("POL-04", "new", 1, 1),
    ("POL-02", "new", 2, 2),
    ("TAL-01", "new", 1, 1),
    ("POL-03", "working", 9, 3),
    ("POL-01", "working", 4, 2),
    ("IPR-01", "offered", 1, 2),
    ("IPR-04", "offered", 2, 1),
    ("TST-01", "stuck", 30, 2),
    ("DIG-02", "stuck", 26, 1),
    ("LEG-02", "returned", 9, 2),
    ("POL-02", "holding", 12, 2),
)
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
SUFFIXES = (
    ("", ""),
    ("", ""),
    ("", ""),
    ("（二期）", " (second site)"),
    ("，本周内", ", this week"),
    ("，集团要求", ", asked by head office"),
    ("，请电话联系", ", call us"),
    ("（新产线）", " (new line)"),
    ("，首次办理", ", first time"),
    ("，去年未办成", ", last year it failed"),
)


def make_history(random: Random, zone: Zone, *, now: datetime) -> int:
    """Invent the tickets of the last twelve months, write them, and give how many service events
    count.
    """
    calendar_id, calendar = calendar_for()
    services = {service.code: service for service in active_services()}
    parks = {row.id: row.code for row in db.session.execute(sa.select(Park.id, Park.code))}
    plot, rows = Plot(random, zone), Rows()
    asked = sorted(_asked(random, zone, services, parks, now), key=lambda one: one[0])
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
            calendar=calendar,
            calendar_id=calendar_id,
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
        rows.of["clock"] += story.clocks.values()
        rows.usages += story.usages
    _write(rows)
    _correct(random, zone, now=now)
    return sum(usage.measure == "event" for _, usage, _ in rows.usages)


def _asked(
    random: Random,
    zone: Zone,
    services: dict[str, CurrentService],
    parks: dict[int, str],
    now: datetime,
) -> list[tuple[datetime, Company, CurrentService, str, str | None]]:
    """List what was asked when: busier towards today, hardly anything at night or at weekends."""
    companies = random.choices(
        zone.companies, weights=[company.active for company in zone.companies], k=TICKETS
    )
    many = Counter(service.category.code for service in services.values())
    weights = [
        WEIGHTS[service.category.code] / many[service.category.code]
        for service in services.values()
    ]
    chosen = random.choices(list(services.values()), weights=weights, k=TICKETS)
    asked: list[tuple[datetime, Company, CurrentService, str, str | None]] = []
    for n in range(TICKETS):
        filed_at = _moment(random, now)
        fate = FATES.get(n % 97, "")
        if fate == "duplicate":
            title = _title(random, chosen[n].code, companies[n].chinese)
            again = min(
                filed_at + timedelta(days=random.randrange(1, 4), hours=2),
                now - timedelta(minutes=50),
            )
            asked += [
                (filed_at, companies[n], chosen[n], "", title),
                (max(again, filed_at), companies[n], chosen[n], "", title),
            ]
        else:
            asked.append((filed_at, companies[n], chosen[n], fate, None))
    for n in RELATED:
        asked += [
            (_moment(random, now), zone.companies[n], services[code], "", None)
            for code in ("IPR-01", "IPR-02", "IPR-04") * 4
        ]
    mine = zone.companies[0]
    for hours, code in (
        (3, "FIN-01"),
        (27, "IPR-01"),
        (50, "LEG-02"),
        (76, "POL-02"),
        (100, "TST-01"),
        (170, "TAL-01"),
        (1, "TAX-01"),
    ):
        asked.append((now - timedelta(hours=hours), mine, services[code], "", None))
    nanhai = [company for company in zone.companies[1:] if parks[company.park_id] == DEMO_PARK]
    calendar = calendar_for()[1]
    # Something waits for the enterprise whose home everybody opens first.
    asked += [
        (_working_ago(calendar, now, minutes), mine, services[code], fate, None)
        for minutes, code, fate in ((700, "POL-03", "returned"), (2_200, "POL-01", "answered"))
    ]
    for code, fate, hours, count in TODAY:
        for _ in range(count):
            asked.append(
                (
                    _working_ago(calendar, now, hours * 60 - random.randrange(40)),
                    random.choice(nanhai),
                    services[code],
                    fate,
                    None,
                )
            )
    sanshui = [company for company in zone.companies if parks[company.park_id] == "SS"]
    for hours, code in ((5, "SPC-01"), (20, "SPC-02"), (30, "SPC-01")):
        asked.append(
            (now - timedelta(hours=hours), random.choice(sanshui), services[code], "", None)
        )
    return asked


def _working_ago(calendar: WorkCalendar, now: datetime, minutes: int) -> datetime:
    """Give the moment since which so many minutes of working time have passed."""
    begin = now
    while (worked := calendar.working_between(begin, now)) < minutes:
        begin -= timedelta(hours=1)
    return calendar.add_working(begin, worked - minutes)


def _moment(random: Random, now: datetime) -> datetime:
    days = random.random() * 9 if random.random() < 0.055 else 365 * (1 - random.random() ** 0.8)
    day = (now - timedelta(days=days)).astimezone(zone_time())
    if day.weekday() >= 5 and random.random() < 0.85:
        day -= timedelta(days=random.randint(2, 4))
    minutes = (
        int(random.choice((random.triangular(510, 720, 600), random.triangular(840, 1_060, 920))))
        if random.random() < 0.92
        else random.randrange(1_100, 1_380)
    )
    local = datetime.combine(
        day.date(), time(minutes // 60, minutes % 60, random.randrange(60)), zone_time()
    )
    latest = now - timedelta(minutes=random.randrange(2, 400))
    return min(local, latest).astimezone(now.tzinfo)


def _title(random: Random, code: str, chinese: bool) -> str:
    zh, en = talk.TITLES[code]
    more_zh, more_en = random.choice(SUFFIXES)
    return zh + more_zh if chinese else en + more_en


def _request(
    random: Random, story: Story, reference: str, today: Any, title: str | None
) -> dict[str, Any]:
    company, service, definition = story.company, story.service, story.service.definition
    title = title or _title(random, service.code, company.chinese)
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

"""What the enterprises of the demo ask for, and when."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta
from random import Random

from service_portal.catalogue.queries import CurrentService
from service_portal.demo import talk
from service_portal.demo.enterprises import RELATED
from service_portal.demo.last_words import UNHAPPY
from service_portal.demo.later_days import WAITS_FOR_LEAD
from service_portal.demo.zone import DEMO_PARK, Company, Zone
from service_portal.kernel.clock import zone_time
from service_portal.sla.business_time import WorkCalendar
from service_portal.sla.queries import calendar_for

# When, who, what, with which fate, and the title that it shares with another request.
Asked = tuple[datetime, Company, CurrentService, str, str | None]

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
FATES = {
    11: "backdated",
    23: "bounced",
    29: "turned",
    37: "late",
    43: "given back",
    53: "redo",
    71: "held",
    89: "duplicate",
}
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
    ("LEG-02", "unheard", 33, 2),
    ("LEG-02", "back", 34, 1),
    ("TST-01", "stuck", 30, 2),
    ("DIG-02", "stuck", 26, 1),
    ("LEG-02", "returned", 9, 2),
    ("POL-02", "holding", 12, 2),
    ("POL-03", WAITS_FOR_LEAD, 40, 2),
    ("POL-03", UNHAPPY, 7, 2),
    ("POL-01", UNHAPPY, 17, 1),
)
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


def asked_for(
    random: Random,
    zone: Zone,
    services: dict[str, CurrentService],
    parks: dict[int, str],
    now: datetime,
) -> list[Asked]:
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
    asked: list[Asked] = []
    for n in range(TICKETS):
        filed_at = _moment(random, now)
        fate = FATES.get(n % 97, "")
        if fate == "duplicate":
            title = title_of(random, chosen[n].code, companies[n].chinese)
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


def title_of(random: Random, code: str, chinese: bool) -> str:
    """Give what such a request is called, in the language of its enterprise."""
    zh, en = talk.TITLES[code]
    more_zh, more_en = random.choice(SUFFIXES)
    return zh + more_zh if chinese else en + more_en

"""What is measured over HTTP: filing against the floor of bare inserts, pages and replies as
processor time per operation.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from statistics import median
from urllib.parse import quote

import sqlalchemy as sa
from flask import current_app

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from tests.bench import floors, serving
from tests.bench.driving import Driven, drive, request
from tests.bench.measuring import ROUNDS, Bench, measure, metered, summary
from tests.bench.metering import Cpu, Meter, can_measure
from tests.bench.reporting import Figure
from tests.bench.visitors import (
    FILERS,
    Visitor,
    filings_by_api,
    filings_by_form,
    over,
    tokens_of,
    visitors,
)

CONNECTIONS = 8
READERS = 4


MESSAGES = 10
_OPEN_OF_MEMBERS = sa.text("""
    SELECT t.id, m.person_id FROM ticket AS t JOIN member AS m ON m.id = t.owner_id
    WHERE t.status = 'in_progress' AND m.person_id = ANY(:people) ORDER BY t.id DESC LIMIT 400
""")
_MESSAGES_TO = """
    INSERT INTO message (ticket_id, enterprise_id, at, author_id, author_role, author_name,
        audience, body)
    SELECT t.id, t.enterprise_id, t.filed_at + n * interval '1 hour', t.filed_by_id,
        'enterprise_owner', '林伟', 'shared',
        '材料已按要求补充，请查收。合同与发票的复印件见附件，如还需要其他说明请告诉我们。 ' || n
    FROM ticket AS t, generate_series(1, %(wanted)s - (SELECT count(*)::int FROM message AS m
        WHERE m.ticket_id = t.id)) AS n WHERE t.id = ANY(%(ids)s)
"""


def bare_handler(bench: Bench) -> list[Figure]:
    """Measure the floor under every page: a Flask handler that answers two letters."""
    with serving.web("tests.bench.floors:app", "/ok", bench.home) as (port, pid):
        meter = Meter([pid], bench.backend())
        asked = request("GET", "/ok", {})
        rounds = measure(
            meter,
            lambda: drive(
                port, [over([asked], bench.random)] * READERS, seconds=bench.seconds, expected=200
            ),
        )
    return [
        bench.figure(
            "bare Flask handler",
            rounds.cpu_ms,
            "ms CPU",
            application_ms=rounds.application_ms,
            note=rounds.trouble,
        ),
        bench.figure("bare Flask handler, rate", rounds.rate, "/s"),
    ]


def filing(bench: Bench, port: int, meter: Meter, dsn: str) -> list[Figure]:
    """Measure filing by API and by form, in turns with the bare inserts, so that all meet the same
    machine.
    """
    owners = visitors(Role.ENTERPRISE_OWNER, most=FILERS)
    ways: dict[str, tuple[Iterator[bytes], int, float]] = {
        "filing by web form": (filings_by_form(owners, bench.random), 302, 0.12)
    }
    if _has_api():
        ways["filing by API"] = (filings_by_api(tokens_of(owners), bench.random), 201, 0.20)
    db.session.remove()
    bench.owner.execute(floors.MAKE)
    floor = []
    done: dict[str, list[tuple[Driven, Cpu]]] = {name: [] for name in ways}
    for n in range(-1, ROUNDS):
        bare = floors.run_inserts(dsn, meter, seconds=bench.seconds, connections=CONNECTIONS)
        for name, (requests, expected, _) in ways.items():
            round_ = metered(
                meter,
                partial(
                    drive,
                    port,
                    [_shared(requests)] * CONNECTIONS,
                    seconds=bench.seconds,
                    expected=expected,
                ),
            )
            if n >= 0:
                done[name].append(round_)
        if n >= 0:
            floor.append(bare)
    rate, app_ms, db_ms = (
        median(one[name] for one in floor) for name in ("rate", "application_ms", "database_ms")
    )
    figures = [
        bench.figure("bare three inserts, rate", rate, "/s"),
        bench.figure(
            "bare three inserts", app_ms + db_ms, "ms CPU", application_ms=app_ms, database_ms=db_ms
        ),
    ]
    for name, (_, _, least) in ways.items():
        rounds = summary(done[name])
        figures += [
            bench.figure(
                f"{name} ÷ bare three inserts",
                rounds.rate / rate,
                "×",
                least=least,
                floor=f"{rounds.rate:.0f} of {rate:.0f}/s",
                note=rounds.trouble,
            ),
            bench.figure(
                name,
                rounds.cpu_ms,
                "ms CPU",
                floor=f"{(app_ms + db_ms) / rounds.cpu_ms if rounds.cpu_ms else 0:.2f} × bare CPU",
                application_ms=rounds.application_ms,
                database_ms=rounds.database_ms,
            ),
            bench.figure(f"{name}, p95", rounds.p95_ms, "ms"),
        ]
    if "filing by API" not in ways:
        figures.append(
            bench.figure(
                "filing by API ÷ bare three inserts",
                None,
                "×",
                least=0.20,
                note="this copy has no API",
            )
        )
    return figures


def _shared(requests: Iterator[bytes]) -> Iterator[bytes]:
    """Give the same requests to several threads; a list of bytes made ahead keeps them from meeting
    in one generator.
    """
    return iter([next(requests) for _ in range(4000)])


def _has_api() -> bool:
    return any(str(rule) == "/api/v1/tickets" for rule in current_app.url_map.iter_rules())


def pages(bench: Bench, port: int, meter: Meter) -> list[Figure]:
    """Measure opening pages and replying, as processor milliseconds of web and database."""
    members, managers, owners = (
        visitors(Role.STATION_MEMBER),
        visitors(Role.MANAGER, most=1),
        visitors(Role.ENTERPRISE_OWNER, most=20),
    )
    cases = cases_of(members)
    told = [ticket_id for _, ticket_id in cases]
    bench.owner.execute(_MESSAGES_TO, {"ids": told[:100], "wanted": MESSAGES})
    read, replied = cases[:100], cases[100:] or cases
    words = ("专利", "贷款 申请", "technology", "补贴", "合同 审查", "export")
    wanted: list[tuple[str, list[bytes], int, float | None]] = [
        (
            f"ticket page, {MESSAGES} messages",
            [person.get(f"/tickets/{ticket_id}") for person, ticket_id in read],
            200,
            12,
        ),
        ("queue page", [person.get("/queue") for person, _ in cases], 200, 10),
        (
            "post a reply",
            [
                person.post(
                    f"/tickets/{ticket_id}/messages", {"body": "已收到，我们今天处理并回复您。"}
                )
                for person, ticket_id in replied
            ],
            302,
            8,
        ),
        ("enterprise home", [person.get("/home") for person in owners], 200, None),
        (
            "search of all tickets",
            [
                person.get(f"/all-tickets?q={_quoted(word)}")
                for person in managers
                for word in words
            ],
            200,
            None,
        ),
        (
            "search of my cases",
            [
                person.get(f"/my-cases?q={_quoted(word)}")
                for person, _ in cases[:40]
                for word in words
            ],
            200,
            None,
        ),
        ("counts page", [person.get("/counts") for person in managers], 200, None),
        (
            "counts by enterprise",
            [person.get("/counts?by=enterprise") for person in managers],
            200,
            None,
        ),
    ]
    figures = []
    for name, requests, expected, most in wanted:
        bench.said(f"  {name}")
        rounds = measure(
            meter,
            partial(_read_all, bench, port, requests, expected),
        )
        figures.append(
            bench.figure(
                name,
                rounds.cpu_ms if can_measure() else None,
                "ms CPU",
                most=most,
                floor=f"p95 {rounds.p95_ms:.0f} ms",
                application_ms=rounds.application_ms,
                database_ms=rounds.database_ms,
                note=rounds.trouble,
            )
        )
    return figures


def cases_of(members: list[Visitor]) -> list[tuple[Visitor, int]]:
    """Give cases in progress with the member who works them."""
    by_person = {member.actor.person_id: member for member in members}
    rows = db.session.execute(_OPEN_OF_MEMBERS, {"people": list(by_person)}).all()
    db.session.remove()
    return [(by_person[row.person_id], row.id) for row in rows]


def _quoted(words: str) -> str:
    return quote(words)


def _read_all(bench: Bench, port: int, requests: list[bytes], expected: int) -> Driven:
    return drive(
        port,
        [over(requests, bench.random) for _ in range(READERS)],
        seconds=bench.seconds,
        expected=expected,
    )

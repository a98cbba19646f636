"""The manager's counts: the screen, its files and the API give the same numbers however one counts,
and each number opens as many rows.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from service_portal.access.actor import Actor, Role
from service_portal.counting.queries import prove
from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.db import db
from service_portal.ledger.models import UsageEntry
from service_portal.ledger.services import Usage, append, reverse
from service_portal.reviewing.words import GROUPS
from service_portal.tickets.models import ServiceEvent, Ticket
from tests.factories.directory import create_enterprise, create_institution, park
from tests.factories.filled import filled
from tests.factories.tickets import TUESDAY, create_ticket, enterprise_actor
from tests.factories.usage import create_served
from tests.server import TestServer
from tests.services.programs import Program
from tests.signing_in import SignIn
from tests.web.markup import flat

pytestmark = pytest.mark.xdist_group("counts")

Row = tuple[str, int, int, int]
PERIOD = {"from": "2026-09", "to": "2026-12"}


@pytest.fixture(scope="module")
def app(
    server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """Work of two stations, two institutions and three months for four enterprises, a correction
    and a contact that does not count.
    """
    with filled(server, template, tmp_path_factory.mktemp("home"), "counts", _deliver) as made:
        yield made


def _deliver() -> None:
    askers = [
        enterprise_actor(create_enterprise(park_id=park(code).id).id)
        for code in ("NH", "NH", "SS", "CC")
    ]
    served = [
        create_served("POL-03", asker=askers[0], contacts=2),
        create_served("POL-01", asker=askers[1]),
        create_served("TAL-04", asker=askers[2], station_code="ST06", attendees=40),
        create_served(
            "PRJ-02", asker=askers[3], station_code="ST06", now=TUESDAY - timedelta(days=60)
        ),
        create_served("POL-03", asker=askers[0], now=TUESDAY - timedelta(days=30)),
    ]
    for n, ticket in enumerate(served[:2]):
        day = TUESDAY.date()
        append(
            Usage(
                "event",
                TUESDAY,
                day,
                ticket.id,
                ticket.enterprise_id,
                ticket.station_id or 0,
                create_institution(name_en=f"Institute {n}", name_zh=f"机构 {n}").id,
                ticket.park_id,
                ticket.category_code,
                ticket.service_code,
                1,
                None,
                f"event:test:{n}",
                minutes=45 + n,
            )
        )
    first = db.session.scalars(
        sa.select(UsageEntry.seq).where(UsageEntry.measure == "event").order_by(UsageEntry.seq)
    ).first()
    reverse(
        first or 0,
        actor=Actor(role=Role.MANAGER, name="Manager"),
        reason="twice",
        now=TUESDAY,
        zone=zone_time(),
    )
    db.session.add(
        ServiceEvent(
            ticket_id=served[0].id,
            enterprise_id=served[0].enterprise_id,
            station_id=served[0].station_id,
            channel="phone",
            started_at=TUESDAY,
            day=TUESDAY.date(),
            minutes=5,
            summary="hello",
            recorded_at=TUESDAY,
            countable=False,
            not_countable_reason="no_evidence",
            count_rule_version=1,
        )
    )
    db.session.flush()


@pytest.fixture
def manager(client_as: SignIn) -> FlaskClient:
    """The manager's browser."""
    return client_as(Role.MANAGER)


def number(text: str) -> int:
    """Read a number as the screen shows it."""
    return int(re.sub(r"<[^>]+>|[,\s]", "", text))


def table_of(page: str) -> list[list[str]]:
    """Read the cells of the counted table."""
    body = page.split('id="counted"')[1].split("<tbody>")[1].split("</tbody>", maxsplit=1)[0]
    return [
        re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    ]


def minutes(text: str) -> int:
    """Read hours and minutes as the screen and the files show them."""
    hours, left = re.sub(r"<[^>]+>|[,\s]", "", text).split(":")
    return int(hours) * 60 + int(left)


def shown(cells: list[str]) -> Row:
    """Give a row of the screen, its time in minutes."""
    name = unescape(re.sub(r"<[^>]+>", "", cells[0])).strip()
    return name, number(cells[1]), number(cells[2]), minutes(cells[3])


@pytest.mark.parametrize("by", list(GROUPS))
def test_screen_files_and_api_say_the_same(
    manager: FlaskClient, as_role: Callable[..., Program], by: str
) -> None:
    answer = manager.get("/counts", query_string={**PERIOD, "by": by})
    screen = [shown(cells) for cells in table_of(answer.text)]
    assert (
        len(screen) >= 2
        and sum(events for _, events, _, _ in screen) == 12
        and sum(cases for _, _, cases, _ in screen) == 5
    )

    text = manager.get("/counts/export.csv", query_string={**PERIOD, "by": by}).data.decode(
        "utf-8-sig"
    )
    header, *lines = list(csv.reader(io.StringIO(text)))
    from_csv: list[Row] = [
        (name, int(events), int(cases), int(mins)) for name, events, cases, mins, _ in lines
    ]
    assert header[1:] == ["Service events", "Cases closed", "Minutes", "Time (hours:minutes)"]
    assert [minutes(line[4]) for line in lines] == [row[3] for row in from_csv]

    book = load_workbook(
        io.BytesIO(manager.get("/counts/export.xlsx", query_string={**PERIOD, "by": by}).data)
    )
    sheet: list[Any] = list(book.worksheets[0].iter_rows(values_only=True))
    assert list(sheet[0]) == header and [tuple(row[:4]) for row in sheet[1:]] == from_csv
    assert {row[0] for row in book["Definitions"].iter_rows(values_only=True)} == {
        "Enterprises served",
        "Cases closed",
        "Service events",
        "Time (hours:minutes)",
    }

    usage = as_role(Role.MANAGER).get("/usage", **PERIOD, group_by=by).get_json()
    from_api = [
        (row["name"]["en"], row["events"], row["cases"], row["minutes"]) for row in usage["rows"]
    ]
    assert from_api == from_csv
    assert (
        usage["totals"]["events"],
        usage["totals"]["cases"],
        usage["totals"]["enterprises"],
        usage["not_counted"],
    ) == (12, 5, 4, 1)
    assert usage["totals"]["persons"] == 40, "only the people who came to the training"
    if by == "month":
        assert [row[1:] for row in screen] == [row[1:] for row in from_csv]
    else:
        assert screen == from_csv


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"station": "ST06"},
        {"park": "NH"},
        {"category": "POL"},
        {"institution": "0"},
        {"institution": "Institute 0"},
    ],
)
@pytest.mark.parametrize("by", list(GROUPS))
def test_every_number_of_the_table_opens_its_rows(
    manager: FlaskClient, by: str, filters: dict[str, str]
) -> None:
    ids = {
        "station": "SELECT id FROM station WHERE code = :x",
        "park": "SELECT id FROM park WHERE code = :x",
        "institution": "SELECT id FROM institution WHERE name_en = :x",
    }
    asked = {
        name: str(
            db.session.scalar(sa.text(ids[name]), {"x": text})
            if name in ids and text != "0"
            else text
        )
        for name, text in filters.items()
    }
    page = manager.get("/counts", query_string={**PERIOD, **asked, "by": by}).text
    rows = table_of(page)
    assert rows
    for cells in rows:
        for cell in cells[1:3]:
            address = unescape(re.findall(r'href="([^"]+)"', cell)[0])
            assert net_rows(manager.get(address).text) == number(cell), address
        assert 'href="/counts/lines' in cells[3], "hours open the contacts they are the sum of"


def net_rows(page: str) -> int:
    """Count the lines of a page, corrections as minus one."""
    if "<tbody>" not in page:
        return 0
    lines = re.findall(r"<tr", page.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0])
    return len(lines) - 2 * page.count("correction of line")


def test_the_great_numbers_open_their_rows(manager: FlaskClient) -> None:
    page = manager.get("/counts", query_string=PERIOD).text
    addresses = [unescape(address) for address in re.findall(r'<b><a href="([^"]+)"', page)]
    totals = re.findall(r"<b><a[^>]*>([^<]*)</a></b>", page)
    assert totals[:3] == ["4", "5", "12"]
    assert len(table_of(manager.get(addresses[0]).text)) == 4
    assert (
        net_rows(manager.get(addresses[1]).text) == 5
        and net_rows(manager.get(addresses[2]).text) == 12
    )
    assert addresses[3] == addresses[2]
    left_out = unescape(re.findall(r'href="([^"]+measure=excluded[^"]*)"', page)[0])
    answer = manager.get(left_out).text
    assert (
        "Not counted: 1" in page
        and answer.split("<tbody>")[1].count("<tr") == 1
        and "there is no evidence" in answer
    )


def test_the_manager_corrects_a_line_and_the_counts_stay_provable(manager: FlaskClient) -> None:
    seq = db.session.scalar(
        sa.select(sa.func.max(UsageEntry.seq)).where(UsageEntry.measure == "case")
    )
    assert manager.post(f"/counts/lines/{seq}/reverse", data={"reason": " "}).status_code == 422
    said = manager.post(
        f"/counts/lines/{seq}/reverse", data={"reason": "不是这个企业的"}, follow_redirects=True
    ).text
    assert f"correction of line {seq}" in said and "不是这个企业的" in said
    assert manager.post(f"/counts/lines/{seq}/reverse", data={"reason": "again"}).status_code == 409
    assert [
        finding.what
        for finding in prove(now=now())
        if not finding.holds and "service event" not in finding.what
    ] == []
    failing = re.findall(
        r'data-check="(\w+)" data-holds="false"', manager.get("/counts/proof").text
    )
    assert failing == ["events"], "of two events nobody recorded the contact"


@pytest.mark.parametrize("filtered", [False, True])
def test_the_numbers_of_now_open_as_many_tickets(manager: FlaskClient, filtered: bool) -> None:
    institution = create_institution()
    for light, status, stuck in (
        (0, "accepted", None),
        (1, "in_progress", None),
        (2, "in_progress", None),
        (2, "on_hold", None),
        (0, "accepted", "no_member"),
    ):
        for institution_id in (institution.id, None):
            ticket = create_ticket()
            db.session.execute(
                sa.update(Ticket)
                .where(Ticket.id == ticket.id)
                .values(
                    light=light, status=status, waiting_reason=stuck, institution_id=institution_id
                )
            )
    page = manager.get(
        "/counts", query_string={**PERIOD, **({"institution": institution.id} if filtered else {})}
    ).text
    links = re.findall(r'href="(/all-tickets[^"]*)">([\d,]+) ([^<]+)<', flat(page))
    times = 1 if filtered else 2
    assert {word.strip(): number(text) for _, text, word in links} == {
        "open": 5 * times,
        "near due": times,
        "late": 2 * times,
        "on hold": times,
        "that nobody can take": times,
    }
    for address, text, word in links:
        assert (
            str(institution.id)
            in parse_qs(urlsplit(unescape(address)).query).get("institution", [])
        ) is filtered
        found = manager.get(unescape(address)).text.split("<tbody>")[1].split("</tbody>")[0]
        assert found.count("<tr") == number(text), word

"""No count ends early: thousands of enterprises reach page, files and API whole, and add up to the
minute.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import date
from html import unescape

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from service_portal.access.actor import Role
from service_portal.counting.queries import prove
from service_portal.counting.words import CHECKS
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.ledger.services import Usage, append_many
from service_portal.tickets.models import Ticket
from service_portal.web.formatting import hours
from tests.factories.directory import station
from tests.factories.filled import filled, owner_dsn
from tests.factories.tickets import TUESDAY, create_ticket
from tests.factories.usage import create_served
from tests.server import TestServer
from tests.services.programs import Program
from tests.signing_in import SignIn
from tests.web.markup import flat

pytestmark = pytest.mark.xdist_group("many")

MANY = 2_150
DAY = date(2026, 2, 3)
PERIOD = {"from": "2026-01", "to": "2026-03"}
# Minutes that no hour divides: a sum of rounded hours would be far from the rounded sum.
MINUTES = 25


@pytest.fixture(scope="module")
def app(
    server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """An application on a database of its own that holds the usage of more enterprises than any
    list used to hold, two events each, three of the first one.
    """
    with filled(server, template, tmp_path_factory.mktemp("many"), "many", _serve_many) as made:
        yield made


def _serve_many() -> None:
    ticket = create_ticket("POL-03", now=TUESDAY)
    made = sa.text("""
        WITH made AS (
            INSERT INTO enterprise (name_en, name_zh, uscc, park_id, sort_key)
            SELECT 'Company ' || n, '企业 ' || n, 'T' || lpad(n::text, 17, '0'), :park, n::text
            FROM generate_series(2, :many) AS n RETURNING id
        )
        INSERT INTO ticket
        SELECT (jsonb_populate_record(t, jsonb_build_object(
            'id', nextval(pg_get_serial_sequence('ticket', 'id')),
            'reference', 'NH-2026-9' || made.id, 'enterprise_id', made.id))).*
        FROM made, ticket AS t WHERE t.id = :ticket
        RETURNING id, enterprise_id
    """)
    values = {"park": ticket.park_id, "many": MANY, "ticket": ticket.id}
    others = [(row.id, row.enterprise_id) for row in db.session.execute(made, values)]
    tickets = [(ticket.id, ticket.enterprise_id), *others]
    place = station("ST03").id
    append_many([_event(ticket, place, one, n) for one in tickets for n in range(2)])
    append_many([_event(ticket, place, tickets[0], 2)])


def _event(like: Ticket, place: int, one: tuple[int, int], number: int) -> Usage:
    return Usage(
        measure="event",
        at=TUESDAY,
        day=DAY,
        ticket_id=one[0],
        enterprise_id=one[1],
        station_id=place,
        institution_id=None,
        park_id=like.park_id,
        category_code="POL",
        service_code="POL-03",
        rule_version=1,
        actor_person_id=None,
        unique_key=f"event:test:{one[0]}:{number}",
        minutes=MINUTES,
    )


@pytest.fixture
def manager(client_as: SignIn) -> FlaskClient:
    """The manager's browser."""
    return client_as(Role.MANAGER)


def test_the_csv_by_enterprise_is_whole(manager: FlaskClient) -> None:
    text = manager.get("/counts/export.csv", query_string={**PERIOD, "by": "enterprise"}).text
    lines = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))[1:]
    assert len(lines) == MANY
    assert sum(int(line[1]) for line in lines) == 2 * MANY + 1


def test_the_xlsx_by_enterprise_is_whole(manager: FlaskClient) -> None:
    data = manager.get("/counts/export.xlsx", query_string={**PERIOD, "by": "enterprise"}).data
    assert load_workbook(io.BytesIO(data)).worksheets[0].max_row == MANY + 1


def test_the_api_by_enterprise_is_whole(as_role: Callable[..., Program]) -> None:
    said = as_role(Role.MANAGER).get("/usage", **PERIOD, group_by="enterprise").get_json()
    assert len(said["rows"]) == MANY
    assert said["totals"]["enterprises"] == MANY


def test_the_page_by_enterprise_goes_on_to_the_last_one(manager: FlaskClient) -> None:
    address: str | None = "/counts?from=2026-01&to=2026-03&by=enterprise"
    seen: list[str] = []
    while address:
        page = flat(manager.get(address).text)
        assert f"of {MANY} enterprises" in page
        body = page.split('id="counted"')[1].split("</tbody>")[0]
        seen += re.findall(r"<tr><td>([^<]+)</td>", body)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        address = unescape(found[1]) if found else None
    assert len(seen) == len(set(seen)) == MANY


def test_rows_of_time_add_up_to_their_total(manager: FlaskClient) -> None:
    page = flat(manager.get("/counts", query_string={**PERIOD, "by": "enterprise"}).text)
    assert f'<td class="num">{hours(MINUTES * (2 * MANY + 1))}</td></tr></tfoot>' in page
    assert ">0:50</a>" in page


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "0:00"), (59, "0:59"), (38_000, "633:20"), (-25, "−0:25")]
)
def test_time_is_said_to_the_minute(minutes: int, text: str) -> None:
    assert hours(minutes) == text


def test_the_page_runs_every_check_of_the_recount_and_names_it(manager: FlaskClient) -> None:
    page = manager.get("/counts/proof").text
    named = dict(re.findall(r'data-check="(\w+)" data-holds="(\w+)"', page))
    assert set(named) == set(CHECKS)
    assert named == {one.code: str(one.holds).lower() for one in prove(now=now())}
    for words in CHECKS.values():
        assert words.within("en") in page


def test_a_category_changed_in_the_sums_is_found(fresh_app: Flask) -> None:
    with fresh_app.app_context():
        create_served("POL-03")
        db.session.commit()
        with psycopg.connect(owner_dsn(fresh_app)) as connection:
            connection.execute("UPDATE usage_month SET category_code = 'TAX'")
        assert [one.code for one in prove(now=now()) if not one.holds] == ["usage_month"]

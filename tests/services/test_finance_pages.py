"""The finance page, its files and the API say the same to the fen, and each number opens rows that
add up to it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import date
from html import unescape
from urllib.parse import quote_plus

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from service_portal.money.firms import bands_of, refusals_of
from service_portal.money.models import CreditLine, MoneyEntry
from service_portal.money.rules import Sums
from service_portal.money.slices import CUTS, WITHOUT, Slice
from service_portal.money.sums import sums_by, sums_of
from tests.factories.filled import filled
from tests.factories.finance import LAST, create_finance
from tests.server import TestServer
from tests.services.programs import Program

pytestmark = pytest.mark.xdist_group("finance")

DAYS = (date(2025, 8, 17), LAST)
FIVE = ("applied", "lines", "drawn", "outstanding", "unused")


@pytest.fixture(scope="module")
def app(
    server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """Two years of money."""
    home = tmp_path_factory.mktemp("home")
    with filled(server, template, home, "finance", create_finance) as made:
        yield made


@pytest.fixture
def manager(client_as: Callable[..., FlaskClient]) -> FlaskClient:
    """The manager's browser."""
    return client_as(Role.MANAGER)


def page(client: FlaskClient, path: str) -> str:
    """Read a page."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    return unescape(answer.get_data(as_text=True))


def exact(html: str) -> dict[str, int]:
    """Read the five sums of the page, in fen."""
    found = re.findall(r'title="(-?[\d,]+\.\d\d) yuan"[^>]*?data-sum="(\w+)"', html)
    return {name: int(text.replace(",", "").replace(".", "")) for text, name in found}


def a_line(*where: sa.ColumnElement[bool]) -> CreditLine:
    """Give the first line of some kind."""
    return db.session.scalars(
        sa.select(CreditLine).where(*where).order_by(CreditLine.id).limit(1)
    ).one()


@pytest.mark.parametrize("day", DAYS, ids=str)
@pytest.mark.parametrize("by", CUTS)
def test_page_file_and_api_say_the_same(
    manager: FlaskClient, as_role: Callable[..., Program], by: str, day: date
) -> None:
    known = sums_by(Slice(day), by)
    sums = sums_of(Slice(day))
    assert exact(page(manager, f"/finance?by={by}&as_of={day}")) == {
        name: getattr(sums, name) for name in FIVE
    }
    body = manager.get(f"/finance/export.csv?by={by}&as_of={day}").get_data(as_text=True)
    rows = list(csv.reader(io.StringIO(body.lstrip("﻿"))))[1:]
    assert [[int(cell) for cell in row[1:6]] for row in rows] == [
        [getattr(one, name) for name in FIVE] for one in known.values()
    ]
    book = load_workbook(
        io.BytesIO(manager.get(f"/finance/export.xlsx?by={by}&as_of={day}").get_data())
    )
    cells = list(book.worksheets[0].iter_rows(min_row=2, values_only=True))
    assert [list(row[1:6]) for row in cells] == [[int(cell) for cell in row[1:6]] for row in rows]
    told = as_role(Role.MANAGER).get("/finance/sums", group_by=by, as_of=day.isoformat()).get_json()
    assert {name: told["totals"][name] for name in FIVE} == exact(
        page(manager, f"/finance?as_of={day}")
    )
    assert {row["key"]: row["drawn"] for row in told["rows"]} == {
        key: one.drawn for key, one in known.items()
    }


@pytest.mark.parametrize("by", CUTS)
def test_each_row_opens_what_it_sums(
    manager: FlaskClient, as_role: Callable[..., Program], by: str
) -> None:
    rows = sums_by(Slice(LAST), by)
    html = page(manager, f"/finance?by={by}&as_of={LAST}")
    table = re.findall(r'id="summed">.*?<tbody>(.*?)</tbody>', html, re.DOTALL)[0]
    links = re.findall(r'<td>\s*<a href="(/finance\?[^"]+)"', table)
    assert len(links) == len(rows) > 1
    opened = {re.findall(rf"[?&]{by}=([^&]*)", link)[0]: link for link in links}
    assert {key: exact(page(manager, link)) for key, link in opened.items()} == {
        quote_plus(str(key)) or WITHOUT: {name: getattr(one, name) for name in FIVE}
        for key, one in rows.items()
    }
    for key, one in rows.items():
        told = as_role(Role.MANAGER).get(
            "/finance/sums", as_of=LAST.isoformat(), **{by: key or WITHOUT}
        )
        assert told.get_json()["totals"]["applied"] == one.applied


def listed(manager: FlaskClient, link: str) -> list[list[str]]:
    """Give the entries behind a link, as its file has them."""
    body = manager.get(link.replace("/finance/entries?", "/finance/entries/export.csv?")).text
    return list(csv.reader(io.StringIO(body.lstrip("\ufeff"))))[1:]


def standing(manager: FlaskClient, link: str) -> int:
    """Count the entries behind a link that nobody took back."""
    assert page(manager, link)
    return len([row for row in listed(manager, link) if not row[18]]) - len(
        [row for row in listed(manager, link) if row[18]]
    )


def test_each_refusal_and_each_band_of_points_opens_its_answers(manager: FlaskClient) -> None:
    html = page(manager, f"/finance?as_of={LAST}")
    links = re.findall(r'href="(/finance/entries\?what=refused&reason=(\w+)[^"]*)"', html)
    assert {reason: standing(manager, link) for link, reason in links} == refusals_of(Slice(LAST))
    bands = re.findall(r'href="(/finance/entries\?what=answered&band=(-?\d+)[^"]*)"', html)
    assert {int(band): standing(manager, link) for link, band in bands} == {
        band: answered for band, (answered, _approved) in bands_of(Slice(LAST)).items()
    }
    assert len(links) > 1 and len(bands) > 1


def test_nonsense_in_the_address_of_entries_counts_as_unsaid(manager: FlaskClient) -> None:
    every = page(manager, "/finance/entries")
    for said in ("reason=luck", "band=99", "band=x", "what=nothing", "first=soon"):
        assert page(manager, f"/finance/entries?{said}").count("<tr>") == every.count("<tr>"), said


def test_stages_stand_as_one_passes_through_them(manager: FlaskClient) -> None:
    html = page(manager, f"/finance?by=stage&as_of={LAST}")
    table = re.findall(r'id="summed">.*?<tbody>(.*?)</tbody>', html, re.DOTALL)[0]
    links = re.findall(r'<td>\s*<a href="(/finance\?[^"]+)"', table)
    order = [re.findall(r"[?&]stage=([^&]+)", link)[0] for link in links]
    assert order == ["startup", "growth", WITHOUT]


@pytest.mark.parametrize("by", ["industry", "stage"])
def test_what_is_in_none_is_called_so(manager: FlaskClient, by: str) -> None:
    assert "" in sums_by(Slice(LAST), by)
    assert f"without a{'n industry' if by == 'industry' else ' stage'}" in page(
        manager, f"/finance?by={by}&as_of={LAST}"
    )


def test_the_sentence_can_be_read_aloud(manager: FlaskClient) -> None:
    html = page(manager, f"/finance?as_of={LAST}")
    said = re.findall(r'<p class="lead finance-sentence">(.*?)</p>', html, re.DOTALL)[0]
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", said)).strip()
    assert re.fullmatch(
        r"Lines of [\d.]+ (m|bn) yuan at \d banks are valid on Tue 24 Nov\."
        r" \d+ enterprises have drawn [\d.]+ (m|bn) yuan since the finance centre opened\.",
        text,
    )


def test_the_entries_behind_a_number_add_up_to_it(as_role: Callable[..., Program]) -> None:
    program = as_role(Role.AUDITOR)
    for name, of in (("applied", "applied"), ("drawn", "drawn"), ("outstanding", "outstanding")):
        total, cursor = 0, ""
        while cursor is not None:
            said = {"what": name, "as_of": LAST.isoformat(), "limit": 100}
            told = program.get(
                "/finance/entries", **said, **({"cursor": cursor} if cursor else {})
            ).get_json()
            for one in told["entries"]:
                back = one["kind"] == "repaid"
                total += -one["amount"] if back else one["amount"]
            cursor = told["next_cursor"]
        assert total == getattr(sums_of(Slice(LAST)), of)


def test_the_lines_behind_a_number_are_all_there(manager: FlaskClient) -> None:
    html = page(manager, f"/finance/lines?which=valid&as_of={LAST}")
    foot = re.findall(r"<tfoot>.*?</tfoot>", html, re.DOTALL)[0]
    assert f"{sums_of(Slice(LAST)).lines / 100:,.2f}" in foot


def test_each_month_opens_its_entries(manager: FlaskClient) -> None:
    html = page(manager, f"/finance?by=month&as_of={LAST}")
    link = re.findall(r'href="(/finance/entries\?[^"]*what=drawn[^"]*)"', html)[-1]
    assert "first=" in link and page(manager, link)


def test_a_bank_sees_its_own_lines_only(client_as: Callable[..., FlaskClient]) -> None:
    line = a_line(CreditLine.drawn > 0)
    other = a_line(CreditLine.institution_id != line.institution_id)
    bank = client_as(Role.INSTITUTION_LEAD, institution_id=line.institution_id)
    assert exact(page(bank, f"/finance?as_of={LAST}&institution={other.institution_id}")) == {
        name: getattr(sums_of(Slice(LAST, institution_id=line.institution_id)), name)
        for name in FIVE
    }
    assert bank.get(f"/finance/lines/{line.id}").status_code == 200
    assert bank.get(f"/finance/lines/{other.id}").status_code == 404


def test_an_enterprise_sees_its_own_lines_only(client_as: Callable[..., FlaskClient]) -> None:
    line = a_line(CreditLine.drawn > 0)
    owner = client_as(Role.ENTERPRISE_OWNER, enterprise_id=line.enterprise_id)
    assert exact(page(owner, f"/finance?as_of={LAST}")) == {
        name: getattr(sums_of(Slice(LAST, enterprise_id=line.enterprise_id)), name) for name in FIVE
    }
    assert owner.get("/finance/export.csv").status_code == 403


def test_before_the_centre_opened_the_page_says_so(manager: FlaskClient) -> None:
    assert sums_of(Slice(date(2020, 1, 1))) == Sums()
    assert "No money was asked for by this day" in page(manager, "/finance?as_of=2020-01-01")


def test_two_people_correct_an_entry_on_the_pages(client_as: Callable[..., FlaskClient]) -> None:
    seq = db.session.scalar(
        sa.select(MoneyEntry.seq)
        .where(MoneyEntry.kind == "overdue", MoneyEntry.reverses.is_(None), MoneyEntry.amount > 0)
        .order_by(MoneyEntry.seq.desc())
    )
    one, two = client_as(Role.MANAGER), client_as(Role.MANAGER)
    empty = one.post(f"/finance/entries/{seq}/correct", data={"note": ""})
    assert empty.status_code == 422
    assert one.post(f"/finance/entries/{seq}/correct", data={"note": "twice"}).status_code == 302
    assert "1 correction waits for a second person." in page(two, "/finance")
    assert "correction waits" not in page(client_as(Role.AUDITOR), "/finance")
    number = re.findall(r"/finance/corrections/(\d+)", page(two, "/finance/corrections"))[0]
    refused = one.post(f"/finance/corrections/{number}", data={"decision": "confirm"})
    assert refused.status_code == 403
    two.post(f"/finance/corrections/{number}", data={"decision": "decline"})
    assert "No correction waits" in page(two, "/finance/corrections")

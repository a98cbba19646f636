"""Figures and points as people see them: filled in, scored, explained, disputed, decided."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from service_portal.access.actor import SYSTEM, Role
from service_portal.events.inbox import Delivery
from service_portal.facts.queries import facts_of
from service_portal.facts.rules import Source
from service_portal.facts.services import record_fact
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.scoring.computing import score_waiting
from service_portal.scoring.models import Score, ScoreDispute
from service_portal.tickets.models import Ticket
from tests.factories.directory import create_enterprise, station
from tests.signing_in import SignedIn
from tests.web.test_pages import MOST_STATEMENTS, Statements

SHEET = {
    "staff": "100",
    "st_staff": "21",
    "revenue": "30,000,000",
    "rd_expense": "1200000",
    "total_costs": "25000000",
    "ip_class_1": "0",
    "ip_class_2": "3",
}
YEAR = 2025


@pytest.fixture
def firm() -> int:
    return create_enterprise().id


@pytest.fixture
def owner(client_as: Callable[..., SignedIn], firm: int) -> SignedIn:
    return client_as(Role.ENTERPRISE_OWNER, enterprise_id=firm)


def say(enterprise_id: int, code: str, value: Decimal, source: Source = Source.DEPARTMENT) -> None:
    record_fact(
        actor=SYSTEM,
        enterprise_id=enterprise_id,
        year=YEAR,
        code=code,
        value=value,
        source=source,
        reference="tax office",
        now=now(),
    )


def compute(enterprise_id: int) -> None:
    event = Delivery(1, "facts.recorded", None, enterprise_id, {"year": YEAR}, 1, 1)
    score_waiting([event], now=now())
    db.session.commit()


@pytest.fixture
def scored(owner: SignedIn, firm: int) -> int:
    owner.post(f"/facts/{YEAR}", data=SHEET)
    compute(firm)
    return firm


def test_a_sheet_is_kept_by_its_button(owner: SignedIn, firm: int) -> None:
    answer = owner.post(f"/facts/{YEAR}", data=SHEET)
    assert answer.status_code == 302
    assert facts_of(firm, YEAR)["revenue", 0] == 3_000_000_000
    page = owner.get(f"/facts/{YEAR}").text
    assert 'value="30000000"' in page and "7 of 33 filled in" in page


def test_what_cant_be_read_is_named_and_the_rest_is_kept(owner: SignedIn, firm: int) -> None:
    answer = owner.post(f"/facts/{YEAR}", data=SHEET | {"staff": "many"})
    assert answer.status_code == 422
    assert "Write a number, such as 1200000." in answer.text and 'value="many"' in answer.text
    assert ("staff", 0) not in facts_of(firm, YEAR)
    assert ("revenue", 0) in facts_of(firm, YEAR)


def test_a_field_saves_itself(owner: SignedIn, firm: int) -> None:
    answer = owner.post(f"/facts/{YEAR}", data={"staff": "12"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "Saved" in answer.text and "<html" not in answer.text
    assert facts_of(firm, YEAR) == {("staff", 0): 12}
    answer = owner.post(f"/facts/{YEAR}", data={"staff": "x"}, headers={"HX-Request": "true"})
    assert "Write a number" in answer.text
    answer = owner.post(f"/facts/{YEAR}", data={"assets": "3e7"}, headers={"HX-Request": "true"})
    assert "30 m yuan" in answer.text


def test_a_value_once_said_is_corrected_and_not_emptied(owner: SignedIn, firm: int) -> None:
    owner.post(f"/facts/{YEAR}", data={"staff": "12"})
    answer = owner.post(f"/facts/{YEAR}", data={"staff": ""})
    assert answer.status_code == 422 and "Correct the value" in answer.text


@pytest.mark.parametrize("year", [2019, 2026, 2300])
def test_only_the_last_full_years_have_a_sheet(owner: SignedIn, year: int) -> None:
    assert owner.get(f"/facts/{year}").status_code == 404


def test_points_say_why_and_what_would_give_more(owner: SignedIn, scored: int) -> None:
    page = owner.get(f"/points/SME-2017-115/{YEAR}").text
    assert "60.00 of 100" in page
    assert (
        "R&amp;D expense: 1.2 m yuan ÷ Revenue: 30 m yuan = 4.0 % → tier 4.0 % to below 5.0 % → "
        "30.00 of 50" in page
    ) or "1,200,000 yuan ÷ " in page
    assert "R&amp;D expense: 300,000 yuan more would give 40.00" in page
    assert "Whether the scheme is passed" in page
    assert "A resident enterprise" in page


def test_points_are_said_in_chinese(client_as: Callable[..., SignedIn], scored: int) -> None:
    client = client_as(Role.ENTERPRISE_OWNER, enterprise_id=scored, locale="zh")
    page = client.get(f"/points/SME-2017-115/{YEAR}").text
    assert "研发费用：120 万元 ÷ 营业收入：3,000 万元 = 4.0%" in page
    assert "30 分" in page or "30" in page


def test_points_have_two_decimals_wherever_they_stand(owner: SignedIn, scored: int) -> None:
    page = owner.get(f"/points/SME-2017-115/{YEAR}").text
    numbers = re.findall(r"([\d.,]+) of \d", page)
    numbers += re.findall(r'<td class="num">([\d.,]+)</td>', page)
    numbers += re.findall(r">\+\s*([\d.,]+)", page)
    assert len(numbers) > 6
    assert [one for one in numbers if not re.fullmatch(r"\d+\.\d\d", one)] == []


def test_invented_weights_are_marked_wherever_they_count(owner: SignedIn, scored: int) -> None:
    assert "Demonstration." in owner.get(f"/points/INNO-POINTS/{YEAR}").text
    assert "Demonstration." not in owner.get(f"/points/SME-2017-115/{YEAR}").text


def test_a_stage_of_fewer_than_five_shows_no_band_and_no_median(
    owner: SignedIn, scored: int
) -> None:
    page = owner.get(f"/points/INNO-POINTS/{YEAR}").text
    assert "Fewer than five enterprises" in page
    assert "of the stage ·" not in page


def test_what_would_be_divided_by_zero_is_named(owner: SignedIn, firm: int) -> None:
    owner.post(f"/facts/{YEAR}", data=SHEET | {"revenue": "0", "total_costs": "0"})
    compute(firm)
    page = owner.get(f"/points/SME-2017-115/{YEAR}").text
    assert "because this is zero: Revenue, Total costs and expenses → no points" in page


def test_a_page_of_points_asks_few_statements(app: Flask, owner: SignedIn, scored: int) -> None:
    place = f"/points/INNO-POINTS/{YEAR}"
    owner.get(place)
    with Statements(app) as statements:
        assert owner.get(place).status_code == 200
    assert len(statements.seen) <= MOST_STATEMENTS, "\n".join(statements.seen)


def test_nobody_without_points_is_led_astray(owner: SignedIn) -> None:
    assert "Fill in your figures" in owner.get("/points").text
    assert owner.get(f"/points/INNO-POINTS/{YEAR}").status_code == 404


def test_a_conflict_is_shown_and_decided(owner: SignedIn, scored: int, admin: FlaskClient) -> None:
    say(scored, "rd_expense", Decimal(100_000_000))
    compute(scored)
    assert "Sources differ" in owner.get(f"/points/SME-2017-115/{YEAR}").text
    assert "that counts until the zone decides" in owner.get(f"/facts/{YEAR}").text
    assert "R&amp;D expense" in admin.get("/facts/conflicts").text
    place = f"/enterprises/{scored}/facts/{YEAR}"
    refused = admin.post(f"{place}/rd_expense", data={"value": "1200000", "note": ""})
    assert refused.status_code == 422 and "Say why this value counts" in refused.text
    gone = admin.post(f"{place}/rd_expense", data={"fact_id": str(10**20), "note": "x"})
    assert gone.status_code == 422 and "not there any more" in gone.text
    taken = admin.post(
        f"{place}/rd_expense",
        data={"fact_id": "", "value": "1100000", "note": "The audit says so."},
    )
    assert taken.status_code == 302
    assert facts_of(scored, YEAR)["rd_expense", 0] == 110_000_000
    assert "No figure is in conflict" in admin.get("/facts/conflicts").text
    assert "The audit says so." in owner.get(f"/facts/{YEAR}").text


@pytest.fixture
def disputed(owner: SignedIn, scored: int) -> Ticket:
    score = db.session.scalars(sa.select(Score).where(Score.enterprise_id == scored)).all()
    mine = next(one for one in score if any(x["indicator"] == "rd_spending" for x in one.lines))
    place = f"/points/scores/{mine.id}/rd_spending/dispute"
    assert "Say what is wrong." in owner.post(place, data={"words": " "}).text
    answer = owner.post(place, data={"words": "The audit counted 1.8 million."})
    assert answer.status_code == 302
    again = owner.post(place, data={"words": "Again."})
    assert again.status_code == 409
    return db.session.scalars(sa.select(Ticket).where(Ticket.enterprise_id == scored)).one()


def test_a_dispute_is_a_request_with_the_indicator_attached(
    owner: SignedIn, disputed: Ticket
) -> None:
    assert disputed.service_code == "PRJ-05"
    assert disputed.answers["disputed_indicator"] == "R&D spending"
    assert "1.2 m yuan" in disputed.answers["indicator_values"]
    page = owner.get(f"/points/SME-2017-115/{YEAR}").text
    assert "the zone looks into it" in page


def test_a_dispute_that_is_upheld_writes_a_new_fact(
    client_as: Callable[..., SignedIn], owner: SignedIn, scored: int, disputed: Ticket
) -> None:
    disputed.station_id = station().id
    db.session.flush()
    lead = client_as(Role.STATION_LEAD, station_id=station().id)
    place = f"/tickets/{disputed.id}/disputed-points"
    assert place in lead.get(f"/tickets/{disputed.id}").text
    assert "1.8 million" in lead.get(place).text
    wrong = lead.post(place, data={"code": "rd_expense", "value": "1800000", "note": ""})
    assert wrong.status_code == 422 and "Say why" in wrong.text
    foreign = lead.post(place, data={"code": "assets", "value": "1", "note": "x"})
    assert foreign.status_code == 422
    done = lead.post(
        place, data={"code": "rd_expense", "value": "1800000", "note": "The audit is right."}
    )
    assert done.status_code == 302
    assert facts_of(scored, YEAR)["rd_expense", 0] == 180_000_000
    assert lead.post(place, data={"note": "again"}).status_code == 409
    assert "You were right:" in owner.get(f"/points/SME-2017-115/{YEAR}").text
    compute(scored)
    assert "80.00 of 100" in owner.get(f"/points/SME-2017-115/{YEAR}").text


def test_a_dispute_that_is_not_upheld_says_why(
    client_as: Callable[..., SignedIn], owner: SignedIn, scored: int, disputed: Ticket
) -> None:
    disputed.station_id = station().id
    db.session.flush()
    lead = client_as(Role.STATION_LEAD, station_id=station().id)
    lead.post(f"/tickets/{disputed.id}/disputed-points", data={"note": "The audit says 1.2."})
    assert db.session.scalars(sa.select(ScoreDispute)).one().status == "rejected"
    page = owner.get(f"/points/SME-2017-115/{YEAR}").text
    assert "It stays as it is:" in page and "The audit says 1.2." in page

"""Which station owns a ticket: the first rule, then coverage, then headquarters; always with a
reason in both languages.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_portal.kernel.words import Words
from service_portal.routing.rules import (
    Facts,
    RouteChoice,
    Rule,
    StationFacts,
    Table,
    choose_station,
    matches,
)
from service_portal.tickets.decisions import Names, say_reason
from tests.spoken import in_both

TODAY = date(2026, 11, 24)
STATIONS = {
    1: StationFacts(1, Words("Headquarters", "总站"), 1, True),
    2: StationFacts(2, Words("Nanhai", "南海站"), 2, False),
    3: StationFacts(3, Words("Shunde", "顺德站"), 3, False),
    4: StationFacts(4, Words("Finance", "金融站"), 4, False),
}
TICKET = Facts(
    service_code="FIN-01",
    category_code="FIN",
    park_id=20,
    park_code="NH",
    tags=frozenset({"little_giant"}),
    amount=Decimal(3000000),
    urgent=False,
)


def rule(number: int, station: int, **conditions: object) -> Rule:
    """Make a rule."""
    return Rule(number, Words(f"Rule {number}", f"规则 {number}"), conditions, station)


def said(choice: RouteChoice) -> tuple[str, str]:
    """Say in both languages why a station was chosen."""
    names = Names(chosen=choice.station.name) if choice.station else Names()
    return in_both(lambda: say_reason("route", choice.reason, names))


def is_said(choice: RouteChoice) -> bool:
    """Say whether a reason is said in both languages."""
    en, zh = said(choice)
    return bool(en.endswith(".") and zh.endswith("。") and re.search(r"[\u4e00-\u9fff]", zh))


MATCHING = [
    ({}, True),
    ({"services": ["FIN-01"]}, True),
    ({"services": ["FIN-02"]}, False),
    ({"categories": ["FIN", "LEG"]}, True),
    ({"categories": ["LEG"]}, False),
    ({"parks": ["NH"]}, True),
    ({"parks": ["SD"]}, False),
    ({"tags": ["little_giant", "other"]}, True),
    ({"tags": ["other"]}, False),
    ({"amount_from": "3000000"}, True),
    ({"amount_from": "3000000.01"}, False),
    ({"amount_below": "3000000"}, False),
    ({"amount_below": "3000000.01"}, True),
    ({"amount_from": "1", "amount_below": "10000000"}, True),
    ({"urgent": True}, False),
    ({"urgent": False}, True),
    ({"services": ["FIN-01"], "parks": ["SD"]}, False),
    ({"services": [], "parks": None}, True),
]


@pytest.mark.parametrize(("conditions", "yes"), MATCHING)
def test_conditions(conditions: dict[str, Any], yes: bool) -> None:
    assert matches(rule(1, 2, **conditions), TICKET, TODAY) is yes


def test_a_ticket_without_an_amount_matches_no_rule_about_amounts() -> None:
    unknown = Facts("FIN-01", "FIN", 20, "NH", frozenset(), None, False)
    assert not matches(rule(1, 2, amount_from="0"), unknown, TODAY) and not matches(
        rule(1, 2, amount_below="99"), unknown, TODAY
    )


@pytest.mark.parametrize(
    ("first", "last", "yes"),
    [
        (None, None, True),
        (TODAY, TODAY, True),
        (date(2026, 11, 25), None, False),
        (None, date(2026, 11, 23), False),
    ],
)
def test_a_rule_holds_from_its_first_to_its_last_day(
    first: date | None, last: date | None, yes: bool
) -> None:
    assert matches(Rule(1, Words("r", "规"), {}, 2, first, last), TICKET, TODAY) is yes


def test_the_first_matching_rule_wins_and_says_so() -> None:
    table = Table(
        [rule(1, 3, parks=["SD"]), rule(2, 4, categories=["FIN"]), rule(3, 2, services=["FIN-01"])],
        STATIONS,
        {(20, "FIN"): [2]},
    )
    choice = choose_station(TICKET, table, TODAY)
    assert (
        choice.station_id == 4
        and choice.reason.facts["rule_id"] == 2
        and choice.reason.facts["rules_passed"] == [1]
    )
    en, zh = said(choice)
    assert "Rule 2" in en and "Finance" in en and "规则 2" in zh and "金融站" in zh


def test_a_rule_to_a_station_that_is_closed_is_passed_over() -> None:
    table = Table([rule(1, 9)], STATIONS, {(20, "FIN"): [2]})
    assert choose_station(TICKET, table, TODAY).station_id == 2


def test_coverage_of_the_park_comes_before_coverage_of_every_park() -> None:
    assert (
        choose_station(
            TICKET, Table([], STATIONS, {(20, "FIN"): [3], (None, "FIN"): [2]}), TODAY
        ).station_id
        == 3
    )
    choice = choose_station(
        TICKET, Table([], STATIONS, {(None, "FIN"): [4], (21, "FIN"): [3]}), TODAY
    )
    assert choice.station_id == 4 and choice.reason.facts["by"] == "coverage" and is_said(choice)


@pytest.mark.parametrize("order", list(permutations([2, 3, 4])))
def test_the_lower_position_wins_in_whatever_order_stations_are_read(
    order: tuple[int, ...],
) -> None:
    assert choose_station(TICKET, Table([], STATIONS, {(20, "FIN"): order}), TODAY).station_id == 2


def test_what_nobody_covers_goes_to_headquarters() -> None:
    choice = choose_station(
        TICKET,
        Table([rule(1, 2, parks=["SD"])], STATIONS, {(20, "LEG"): [2], (20, "FIN"): [99]}),
        TODAY,
    )
    assert (
        choice.station_id == 1
        and choice.reason.facts == {"by": "headquarters", "category": "FIN", "rules_passed": [1]}
        and is_said(choice)
    )


RULES = st.lists(
    st.tuples(
        st.sampled_from([2, 3, 4]),
        st.fixed_dictionaries(
            {},
            optional={
                "parks": st.sampled_from([["NH"], ["SD"]]),
                "categories": st.sampled_from([["FIN"], ["LEG"]]),
                "urgent": st.booleans(),
            },
        ),
    ),
    max_size=6,
)


@given(rules=RULES, covered=st.lists(st.sampled_from([2, 3, 4]), max_size=3, unique=True))
def test_every_ticket_finds_one_station_and_the_same_one_again(
    rules: list[tuple[int, dict[str, Any]]], covered: list[int]
) -> None:
    table = Table(
        [rule(n, station, **conditions) for n, (station, conditions) in enumerate(rules)],
        STATIONS,
        {(20, "FIN"): covered},
    )
    choice = choose_station(TICKET, table, TODAY)
    assert choice.station_id in STATIONS and is_said(choice)
    assert choice == choose_station(TICKET, table, TODAY)
    first = next((r for r in table.rules if matches(r, TICKET, TODAY)), None)
    assert choice.station_id == (first.station_id if first else min(covered, default=1))


def test_without_a_headquarters_in_use_the_ticket_has_no_station_and_says_why() -> None:
    others = {
        number: station for number, station in STATIONS.items() if not station.is_headquarters
    }
    choice = choose_station(TICKET, Table([], others, {}), TODAY)
    assert choice.station_id is None and choice.reason.facts["by"] == "nobody" and is_said(choice)
    assert choose_station(TICKET, Table([], others, {(20, "FIN"): [2]}), TODAY).station_id == 2

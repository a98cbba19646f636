"""What an expression over facts gives, and how a condition is said in both languages."""

from __future__ import annotations

import pytest

from service_portal.facts.expressions import Malformed, parse
from service_portal.facts.saying import say_condition
from service_portal.facts.sorts import Sort, Unsound, check_sort
from service_portal.facts.words import say_unread
from tests.spoken import in_both


@pytest.mark.parametrize(
    ("text", "gives"),
    [
        ("revenue", Sort.NUMBER),
        ("rd_expense / revenue >= 0.03 and staff <= 500", Sort.CONDITION),
        ("not serious_incident or points > 60", Sort.CONDITION),
        ("max(revenue, last(revenue)) - rd_expense", Sort.NUMBER),
        ("main_product_ip", Sort.TEXT),
        ('points_stage in ("startup", "growth")', Sort.CONDITION),
        ('choose(main_product_ip, "own_class_1", 15, 0)', Sort.NUMBER),
        ("True", Sort.CONDITION),
        ("nobody_states_this + 1", Sort.NUMBER),
        ("nobody_states_this", Sort.CONDITION),
    ],
)
def test_what_can_be_computed_is_taken(text: str, gives: Sort) -> None:
    check_sort(parse(text).tree, gives)


@pytest.mark.parametrize(
    ("text", "needed", "part"),
    [
        ("revenue + 1", Sort.CONDITION, "revenue + 1"),
        ("revenue and staff > 3", Sort.CONDITION, "revenue"),
        ("not revenue", Sort.CONDITION, "revenue"),
        ("staff > 3", Sort.NUMBER, "staff > 3"),
        ("serious_incident + 1", Sort.NUMBER, "serious_incident"),
        ('points_stage > "growth"', Sort.CONDITION, "points_stage"),
        ("points_stage == 3", Sort.CONDITION, "3"),
        ("serious_incident == 0", Sort.CONDITION, "0"),
        ('staff in ("many", "few")', Sort.CONDITION, "'many'"),
        ("growth(main_product_ip)", Sort.NUMBER, "main_product_ip"),
        ("max(revenue, serious_incident)", Sort.NUMBER, "serious_incident"),
    ],
)
def test_what_cant_be_computed_is_named(text: str, needed: Sort, part: str) -> None:
    with pytest.raises(Unsound) as caught:
        check_sort(parse(text).tree, needed)
    assert caught.value.part == part


@pytest.mark.parametrize(
    ("text", "en", "zh"),
    [
        ("revenue >= 500000000", "Revenue ≥ 5 m yuan", "营业收入 ≥ 500 万元"),
        (
            "rd_expense / revenue >= 0.035",
            "R&D expense ÷ Revenue ≥ 3.5 %",
            "研发费用 ÷ 营业收入 ≥ 3.5%",
        ),
        (
            "not serious_incident",
            "A serious incident, or on a list of dishonest or abnormal businesses: no",
            "发生重大事故、严重违法失信或列入异常名录：否",
        ),
        (
            "not last(resident)",
            "A resident enterprise of the year before: no",
            "上年在中国境内注册的居民企业：否",
        ),
        ("growth(revenue) > 0.1", "growth of Revenue > 10.0 %", "营业收入的增长率 > 10.0%"),
        ("last(staff) >= 20", "Staff of the year before ≥ 20", "上年职工总数 ≥ 20"),
        (
            "staff > 5 or revenue - rd_expense > 100000000",
            "Staff > 5 or Revenue − R&D expense > 1 m yuan",
            "职工总数 > 5 或 营业收入 − 研发费用 > 100 万元",
        ),
        ("points >=", "points >=", "points >="),
    ],
)
def test_a_condition_is_said_with_names_and_units(text: str, en: str, zh: str) -> None:
    assert in_both(lambda: say_condition(text)) == (en, zh)


@pytest.mark.parametrize(
    ("text", "en", "zh"),
    [
        ("points >=", "It breaks off, or a sign is missing: “points >=”.", "缺少符号"),
        ("open('x')", "This is not known here: “open('x')”.", "无法识别"),
        ("x" * 600, "It is too long.", "太长"),
        (
            "revenue > " + "9" * 19,
            f"This number is too large, or too close to nothing: “{'9' * 19}”.",
            "过大",
        ),
        ("revenue > 1e999", "This number is too large, or too close to nothing: “inf”.", "过大"),
    ],
)
def test_what_cant_be_read_is_said(text: str, en: str, zh: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse(text)
    said = in_both(lambda: say_unread(caught.value))
    assert said[0] == en and zh in said[1]

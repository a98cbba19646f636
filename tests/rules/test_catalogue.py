"""The catalogue that is shipped, its definitions and its search."""

from __future__ import annotations

import csv
import json
import re
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from service_portal.catalogue.definition_rules import LIMIT_KINDS, Fault, problems_of
from service_portal.catalogue.editing import blank_draft, definition_of, draft_of, read_draft
from service_portal.catalogue.rules import (
    BadDefinition,
    Promise,
    ServiceDefinition,
    amount_of,
    parse,
)
from service_portal.catalogue.search import search
from service_portal.catalogue.words import FAULT_WORDS, allowed_time, describe_answers, say_fault
from tests.rules.calendars import ROOT
from tests.spoken import in_both

DRAFT = ROOT.parent / "shared" / "data" / "catalogue.csv"


@cache
def raw() -> dict[str, dict[str, Any]]:
    """Read every shipped definition by its code."""
    found = {}
    for path in sorted((ROOT / "service_portal" / "catalogue" / "data").glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        for service in content["services"]:
            found[service["code"]] = service
    return found


@cache
def services() -> tuple[ServiceDefinition, ...]:
    """Parse them."""
    return tuple(parse(definition) for definition in raw().values())


def test_fourteen_categories_and_fifty_eight_services() -> None:
    assert len(services()) == 58 and len({service.code[:3] for service in services()}) == 14


@pytest.mark.parametrize("code", sorted(raw()))
def test_a_shipped_definition_is_whole(code: str) -> None:
    service = parse(raw()[code])
    assert problems_of(raw()[code]) == []
    assert service.fields and service.keywords_zh and service.keywords_en
    for words in [
        service.name,
        service.summary,
        service.evidence,
        service.providers,
        *(field.label for field in service.fields),
    ]:
        assert re.search(r"[\u4e00-\u9fff]", words.zh) and not re.search(
            r"[\u4e00-\u9fff]", words.en
        )
    for kind in LIMIT_KINDS:
        assert service.limits[kind].amount > 0
    assert (
        service.limits["accept"] == Promise(1, "wd")
        or service.auto_accept
        or service.limits["accept"].unit == "wh"
    )


def test_the_promises_of_the_draft_are_kept() -> None:
    if not DRAFT.exists():
        pytest.skip(
            "the draft of the catalogue (../shared/data/catalogue.csv) is not on this machine"
        )
    with DRAFT.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    by_code = {service.code: service for service in services()}
    code = next(name for name in rows[0] if "code" in name and "category" not in name)
    assert {row[code] for row in rows} == set(by_code)
    resolve = next((name for name in rows[0] if "resolve" in name), None)
    assert resolve is not None
    for row in rows:
        assert by_code[row[code]].limits["resolve"] == Promise(int(row[resolve]), "wd"), row[code]


FOUND = [
    ("专利", {"IPR-01", "IPR-03"}),
    ("贷款", {"FIN-01", "FIN-02"}),
    ("商标", {"IPR-02"}),
    ("招聘", {"TAL-01"}),
    ("高企", {"PRJ-01"}),
    ("高新", {"PRJ-01"}),
    ("积分", {"PRJ-05", "FIN-02"}),
    ("补贴", {"POL-03", "TAL-03"}),
    ("上市", {"FIN-06"}),
    ("软著", {"IPR-05"}),
    ("patent", {"IPR-01", "IPR-03"}),
    ("loan", {"FIN-01", "FIN-02"}),
    ("recruitment", {"TAL-01"}),
    ("trademark", {"IPR-02"}),
    ("tradmark", {"IPR-02"}),
    ("FIN-01", {"FIN-01"}),
    ("fin-01", {"FIN-01"}),
    ("贷款融资对接", {"FIN-01"}),
    ("Loan matching", {"FIN-01"}),
    ("we need a loan", {"FIN-01", "FIN-02"}),
    ("如何申请专利", {"IPR-01"}),
]


@pytest.mark.parametrize(("text", "expected"), FOUND, ids=[text for text, _ in FOUND])
def test_what_people_type_finds_the_service_among_the_first_four(
    text: str, expected: set[str]
) -> None:
    found = [match.definition.code for match in search(services(), text)][:4]
    assert expected & set(found), found
    if len(expected) == 1:
        assert found[0] in expected, found


@pytest.mark.parametrize("service", services(), ids=lambda service: service.code)
def test_the_whole_name_finds_the_service_first(service: ServiceDefinition) -> None:
    for name in (service.name.zh, service.name.en):
        assert search(services(), name)[0].definition.code == service.code


@pytest.mark.parametrize("text", ["", "  ", "，。！", "the", "zzzzqqq", "%", "\x00"])
def test_nothing_finds_nothing(text: str) -> None:
    assert search(services(), text) == []


def test_the_order_is_stable() -> None:
    for text in ("服务", "企业", "申请", "service"):
        assert [m.definition.code for m in search(services(), text)] == [
            m.definition.code for m in search(services(), text)
        ]
        scores = [match.score for match in search(services(), text)]
        assert scores == sorted(scores, reverse=True)


def asking(**about: Any) -> dict[str, Any]:
    """Give a change that makes one question the only one."""
    return {
        "fields": [{"key": "a", "type": "text", "label": {"en": "A", "zh": "甲"}, **about}],
        "amount_field": None,
    }


GOOD = {"value": "x", "en": "X", "zh": "乙"}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": {"en": "Only"}}, "Name: write it in both"),
    ({"summary": {"en": "A", "zh": {"x": 1}}}, "Summary: write it"),
    ({"evidence": {"en": "A" * 501, "zh": "甲"}}, "Evidence: write it"),
    ({"providers": {"en": "A\x00", "zh": "甲"}}, "Who delivers: write it"),
    ({"delivered_by": "nobody"}, "Say who delivers"),
    ({"count_basis": "smile"}, "counts as"),
    ({"count_basis": ["case"]}, "counts as"),
    ({"effort_points": 0}, "effort"),
    ({"effort_points": "2"}, "effort"),
    ({"effort_points": True}, "effort"),
    ({"limits": {}}, "Accepted: give"),
    ({"limits": []}, "Accepted: give"),
    ({"amount_field": "nowhere"}, "sum of money"),
    ({"amount_field": ["a"]}, "sum of money"),
    ({**asking(), "amount_field": "a"}, "sum of money"),
    ({"auto_accept": "no"}, "yes or no"),
    ({"keywords": ["a"]}, "Keywords"),
    ({"keywords": {"en": "a"}}, "Keywords"),
    ({"code": "pol 5"}, "code must be"),
    ({"fields": {"key": "a"}}, "must be a list"),
    ({"fields": ["a"]}, "Question 1 must be an object"),
    ({"fields": [{}] * 41}, "at most 40"),
    (asking(key="a b"), "letters, digits"),
    (asking(key=["a"]), "letters, digits"),
    (asking(key="甲"), "letters, digits"),
    ({"fields": asking()["fields"] * 2}, "the same key"),
    (asking(type="colour"), "“a”: the type"),
    (asking(type=["text"]), "the type"),
    (asking(label={"zh": {"x": 1}}), "label in both"),
    (asking(label={"en": "A", "zh": {"x": 1}}), "label in both"),
    (asking(label={"en": "\ud800", "zh": "甲"}), "label in both"),
    (asking(help={"en": "A"}), "help in both"),
    (asking(required="yes"), "“required” is true"),
    (asking(minimum=3), "nobody knows what minimum"),
    (asking(type="choice"), "list the choices"),
    (asking(type="choices", choices="a"), "list the choices"),
    (asking(type="choice", choices=[{"value": "x"}]), "every choice needs"),
    (asking(type="choice", choices=[{**GOOD, "en": "X|Y"}]), "without a bar"),
    (asking(type="choice", choices=[{**GOOD, "value": 1}]), "every choice needs"),
    (asking(type="choice", choices=[GOOD, GOOD]), "same value"),
    (asking(choices=[GOOD]), "take choices"),
    (asking(type="number", min=3, max=2), "smallest value is larger"),
    (asking(type="number", min="a"), "whole numbers"),
    (asking(type="number", max=10**16), "whole numbers"),
    (asking(type="money", min=0.5), "whole numbers"),
    (asking(min=1), "smallest and a largest"),
]


@pytest.mark.parametrize(
    ("change", "said"), WRONG, ids=[f"{number} {said}" for number, (_, said) in enumerate(WRONG)]
)
def test_every_mistake_is_named_in_both_languages(change: dict[str, Any], said: str) -> None:
    problems = problems_of({**raw()["FIN-01"], **change})
    en, zh = in_both(lambda: [say_fault(problem) for problem in problems])
    assert any(said in one for one in en), en
    assert all(one.endswith(".") for one in en)
    assert all(one.endswith("。") and re.search(r"[\u4e00-\u9fff]", one) for one in zh)
    with pytest.raises(BadDefinition) as caught:
        parse({**raw()["FIN-01"], **change})
    assert caught.value.problems == problems


def test_all_mistakes_are_named_at_once() -> None:
    assert len(problems_of({})) >= 10
    assert problems_of([]) and problems_of(None) and problems_of("x")


@pytest.mark.parametrize("code", sorted(raw()))
def test_a_page_of_texts_gives_the_definition_back(code: str) -> None:
    draft = draft_of(raw()[code])
    form = {
        **draft.texts,
        "amount_row": draft.amount_row,
        **{f"q{n}_{name}": text for n, row in enumerate(draft.rows) for name, text in row.items()},
    }
    assert definition_of(read_draft(form), code=code) == raw()[code]


def test_rows_are_put_in_their_places_taken_out_and_left_empty() -> None:
    draft = draft_of(raw()["FIN-01"])
    form = {
        **draft.texts,
        "amount_row": draft.amount_row,
        **{f"q{n}_{name}": text for n, row in enumerate(draft.rows) for name, text in row.items()},
    }
    keys = [row["key"] for row in draft.rows]
    moved = read_draft(
        {
            **form,
            f"q{len(keys) - 1}_place": "0.5",
            "q1_remove": "1",
            f"q{len(keys)}_key": "  ",
            f"q{len(keys)}_type": "text",
        }
    )
    assert [row["key"] for row in moved.rows] == [
        keys[-1],
        *(key for n, key in enumerate(keys[:-1]) if n != 1),
    ]
    assert definition_of(moved, code="FIN-01")["amount_field"] == "amount_cny"
    assert (
        definition_of(read_draft({**form, "amount_row": ""}), code="FIN-01")["amount_field"] is None
    )


@pytest.mark.parametrize("line", ["a", "a | 甲", "a | 甲 | A | more", "|甲|A", "a||"])
def test_a_choice_line_that_says_too_little_or_too_much_is_refused(line: str) -> None:
    draft = blank_draft()
    draft.rows = [
        {
            "key": "a",
            "type": "choice",
            "label_zh": "甲",
            "label_en": "A",
            "help_zh": "",
            "help_en": "",
            "choices": line,
            "min": "",
            "max": "",
            "place": "1",
            "required": "",
        }
    ]
    assert any(
        problem.code == Fault.FIELD_CHOICE
        for problem in problems_of(definition_of(draft, code="XX-1"))
    )


@pytest.mark.parametrize(
    ("promise", "en", "zh"),
    [
        (Promise(1, "wd"), "1 working day", "1 个工作日"),
        (Promise(10, "wd"), "10 working days", "10 个工作日"),
        (Promise(2, "wh"), "2 working hours", "2 个工作小时"),
        (Promise(1, "h"), "1 hour", "1 小时"),
        (Promise(3, "d"), "3 days", "3 天"),
    ],
)
def test_promises_in_words(promise: Promise, en: str, zh: str) -> None:
    assert in_both(lambda: allowed_time(promise)) == (en, zh)


def test_every_fault_has_its_sentence() -> None:
    assert set(FAULT_WORDS) == set(Fault)


def test_answers_in_words_and_the_sum_asked_for() -> None:
    loan = next(service for service in services() if service.code == "FIN-01")
    assert loan.amount_field == "amount_cny"
    assert amount_of(loan, {"amount_cny": "3000000.50"}) == Decimal("3000000.50")
    assert amount_of(loan, {}) is None and amount_of(loan, {"amount_cny": "much"}) is None
    shown = dict(
        describe_answers(loan, {"amount_cny": "3000000", "term_months": "", "unknown": "x"})
    )
    assert list(shown.values()) == ["3,000,000"], (
        "in the order of the form, nothing empty, nothing unknown"
    )
    sample = next(service for service in services() if service.code == "TST-01")
    on = next(field.key for field in sample.fields if field.type == "date")
    assert in_both(lambda: dict(describe_answers(sample, {on: "2027-01-02"})).popitem()[1]) == (
        "2 Jan 2027",
        "2027年1月2日",
    )

"""Whatever somebody makes of a service's definition is either refused with a sentence in both
languages, or builds a form that works.
"""

from __future__ import annotations

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from service_portal.catalogue.definition_rules import FIELD_TYPES, problems_of
from service_portal.catalogue.editing import definition_of, draft_of, read_draft
from service_portal.catalogue.forms import (
    answers_of,
    number_problem,
    validate_answers,
)
from service_portal.catalogue.rules import FieldDefinition, amount_of, parse
from service_portal.catalogue.words import describe_answers, say_fault
from service_portal.filing.forms import request_form
from service_portal.kernel.reasons import Reason
from service_portal.kernel.words import Words
from service_portal.web.language import speaking
from tests.spoken import in_both

DATA = Path(__file__).resolve().parents[2] / "service_portal" / "catalogue" / "data"
SHIPPED = [
    service
    for path in sorted(DATA.glob("*.json"))
    for service in json.loads(path.read_text(encoding="utf-8"))["services"]
]
ALIKE = settings(deadline=None, max_examples=100, derandomize=True, database=None)

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["a", "text", "choice", "number", "x" * 501, "\x00", "\ud800", " a ", 10**400, -5, "甲"]
    )
)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["en", "zh", "key", "type", "value", "amount", "unit", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=6,
)
SHORT = st.text(alphabet="aB1-甲乙", min_size=1, max_size=4)
LABELS = st.fixed_dictionaries({"en": SHORT, "zh": SHORT})
CHOICES = st.lists(
    st.fixed_dictionaries(
        {"value": st.text(alphabet="xyz", min_size=1, max_size=2), "en": SHORT, "zh": st.just("甲")}
    ),
    max_size=3,
)
LIMITS = st.none() | st.integers(-9, 9) | st.just(10**15)


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a question that is right more often than not."""
    kind = draw(st.sampled_from(FIELD_TYPES))
    made = {
        "key": draw(st.text(alphabet="abcdefg_", min_size=1, max_size=3)),
        "type": kind,
        "label": draw(LABELS),
        "required": draw(st.booleans()),
        "help": draw(st.none() | LABELS),
    }
    if kind in {"choice", "choices"} or draw(st.integers(0, 9)) == 0:
        made["choices"] = draw(CHOICES)
    if kind in {"number", "money"} or draw(st.integers(0, 9)) == 0:
        made |= {"min": draw(LIMITS), "max": draw(LIMITS)}
    return made


def answer_to(field: FieldDefinition) -> Any:
    """Answer a question the way it allows."""
    if field.type in {"number", "money"}:
        return str(
            field.minimum
            if field.minimum is not None
            else field.maximum
            if field.maximum is not None
            else 7
        )
    if field.type in {"choice", "choices"}:
        return field.choices[0].value if field.type == "choice" else [field.choices[-1].value]
    return {"date": "2026-12-31", "yesno": True}.get(field.type, "Some words")


def refused_or_works(app: Flask, raw: Any) -> bool:
    """Check the one or the other; say whether it works."""
    problems = problems_of(raw)
    assert all(isinstance(problem, Reason) for problem in problems)
    en, zh = in_both(lambda: [say_fault(problem) for problem in problems])
    assert all(said.endswith(".") for said in en)
    assert all(said.endswith("。") and re.search(r"[\u4e00-\u9fff]", said) for said in zh)
    if problems:
        return False
    definition = parse(raw)
    stored = json.dumps(raw, ensure_ascii=False).encode()
    assert b"\\u0000" not in stored and parse(json.loads(stored)).fields == definition.fields
    answers = {field.key: answer_to(field) for field in definition.fields}
    clean, errors = validate_answers(definition, answers)
    assert not errors and set(clean) == set(answers)
    usual = {
        "title": "About",
        "description": "It is so.",
        "contact_name": "Lin",
        "contact_phone": "0757 8888",
        "consent": "y",
    }
    for locale in ("en", "zh"):
        form_class = request_form(definition, locale)
        with (
            app.test_request_context(
                method="POST",
                data={
                    **usual,
                    **{
                        f"answer_{key}": "y" if said is True else said
                        for key, said in answers.items()
                    },
                },
            ),
            speaking(locale),
        ):
            form = form_class()
            assert form.validate(), form.errors
            assert all(str(form[f"answer_{field.key}"]()) for field in definition.fields)
            given_in = answers_of(definition, form)
        assert given_in == clean
        assert len(describe_answers(definition, clean)) == len(clean)
    amount = amount_of(definition, clean)
    assert amount is None or abs(amount) < 10**16
    return True


@ALIKE
@given(raw=JSON)
def test_any_json_is_refused_in_words(app: Flask, raw: Any) -> None:
    assert not refused_or_works(app, raw)


@ALIKE
@given(
    fields=st.lists(questions(), max_size=2) | st.lists(questions() | JSON, max_size=3),
    at=st.integers(0, len(SHIPPED) - 1),
    amount=st.sampled_from([None, None, None, "a"]),
)
def any_questions(
    app: Flask, tried: dict[bool, int], fields: Any, at: int, amount: str | None
) -> None:
    tried[refused_or_works(app, {**SHIPPED[at], "fields": fields, "amount_field": amount})] += 1


def test_any_questions_are_refused_or_work_and_both_happen(app: Flask) -> None:
    tried = {True: 0, False: 0}
    any_questions(app, tried)
    assert min(tried.values()) >= 10, tried


@ALIKE
@given(at=st.integers(0, len(SHIPPED) - 1), put=SHORT | st.integers(1, 9) | JSON, data=st.data())
def test_any_one_change_is_refused_or_works(
    app: Flask, at: int, put: Any, data: st.DataObject
) -> None:
    raw = deepcopy(SHIPPED[at])
    place: Any = raw
    while True:
        key = data.draw(
            st.sampled_from(list(place) if isinstance(place, dict) else list(range(len(place))))
        )
        if isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans()):
            place = place[key]
            continue
        place[key] = put
        break
    refused_or_works(app, raw)


@ALIKE
@given(
    texts=st.dictionaries(
        st.sampled_from(
            [
                *draft_of(SHIPPED[0]).texts,
                "q0_key",
                "q0_type",
                "q0_choices",
                "q0_min",
                "q0_place",
                "q1_label_en",
                "q70_key",
                "amount_row",
                "q0_required",
            ]
        ),
        st.text(max_size=12) | st.sampled_from(["9" * 5000, "NaN", "choice", "0"]),
    )
)
def test_any_page_is_refused_or_works(app: Flask, texts: dict[str, str]) -> None:
    draft = draft_of(SHIPPED[0])
    form = {
        **draft.texts,
        **{f"q{n}_{name}": text for n, row in enumerate(draft.rows) for name, text in row.items()},
        **texts,
    }
    refused_or_works(app, definition_of(read_draft(form), code="DIG-01"))


@pytest.mark.parametrize("service", SHIPPED, ids=lambda service: service["code"])
def test_every_shipped_service_has_a_working_form(app: Flask, service: dict[str, Any]) -> None:
    assert refused_or_works(app, service)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("1e400", False),
        ("9" * 16, False),
        ("9" * 15, True),
        ("-1e20", False),
        ("NaN", False),
        ("Infinity", False),
        ("1，000", True),
        ("12.5", True),
    ],
)
def test_a_sum_without_limits_still_fits_the_database(app: Flask, text: str, fits: bool) -> None:
    with app.test_request_context():
        assert (
            number_problem(FieldDefinition("a", "money", Words("A", "甲")), text) is None
        ) is fits

"""The demo's enterprises answer what a request form asks, with what its field takes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from random import Random

import pytest

from service_portal.catalogue import rules
from service_portal.catalogue.rules import ServiceDefinition
from service_portal.demo.agreed import AGREED
from service_portal.demo.answers import answers_for

DATA = Path(rules.__file__).parent / "data"
SERVICES = {
    one["code"]: rules.parse(one)
    for path in sorted(DATA.glob("*.json"))
    for one in json.loads(path.read_text())["services"]
}


@pytest.mark.parametrize("definition", SERVICES.values(), ids=SERVICES)
def test_answers_fit_their_fields(definition: ServiceDefinition) -> None:
    for seed in range(12):
        answers = answers_for(
            definition, Random(seed), today=date(2026, 11, 26), chinese=seed % 2 == 0
        )
        assert {field.key for field in definition.fields if field.required} <= set(answers)
        for field in definition.fields:
            if field.key not in answers:
                continue
            value = answers[field.key]
            if field.type == "number":
                assert (field.minimum or 0) <= value <= (field.maximum or value)
            elif field.type == "choice":
                assert value in {choice.value for choice in field.choices}
            elif field.type == "choices":
                assert set(value) <= {choice.value for choice in field.choices}
            elif field.type in {"text", "longtext"}:
                assert value
                assert seed % 2 == 0 or not any(
                    "\u4e00" <= letter <= "\u9fff" for letter in value
                ), "who writes English answers in English"


def test_what_must_agree_with_a_title_is_asked_by_its_service() -> None:
    for code, agreed in AGREED.items():
        assert set(agreed) <= {field.key for field in SERVICES[code].fields}, code


def test_who_needs_two_welders_asks_for_two_welders() -> None:
    answers = answers_for(SERVICES["TAL-01"], Random(1), today=date(2026, 11, 26), chinese=False)
    assert (answers["posts"], answers["headcount_needed"]) == (
        "Two TIG welders with a certificate",
        2,
    )

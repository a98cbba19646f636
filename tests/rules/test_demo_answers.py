"""The demo's enterprises answer what a request form asks, with what its field takes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from random import Random

import pytest

from service_portal.catalogue import rules
from service_portal.catalogue.rules import ServiceDefinition
from service_portal.demo.answers import answers_for

DATA = Path(rules.__file__).parent / "data"
SERVICES = {one["code"]: rules.parse(one) for path in sorted(DATA.glob("*.json")) for one in json.loads(path.read_text())["services"]}


@pytest.mark.parametrize("definition", SERVICES.values(), ids=SERVICES)
def test_answers_fit_their_fields(definition: ServiceDefinition) -> None:
    for seed in range(12):
        answers = answers_for(definition, Random(seed), today=date(2026, 11, 26), chinese=seed % 2 == 0)
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
                assert seed % 2 == 0 or not any("\u4e00" <= letter <= "\u9fff" for letter in value), "who writes English answers in English"

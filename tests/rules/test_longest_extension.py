"""By how much the promise of a service's answer can be extended."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from service_portal.catalogue.definition_rules import Fault, problems_of
from service_portal.catalogue.editing import definition_of, draft_of
from service_portal.catalogue.rules import parse
from tests.rules.test_catalogue import DRAFT, raw, services


def test_the_shipped_ones_are_those_of_the_draft() -> None:
    if not DRAFT.exists():
        pytest.skip("../shared/data/catalogue.csv is not on this machine")
    with DRAFT.open(encoding="utf-8-sig", newline="") as file:
        drafted = {
            row["service_code"]: int(row["max_extension_working_days"])
            for row in csv.DictReader(file)
        }
    assert {one.code: one.max_extension_working_days for one in services()} == drafted


def test_where_nothing_is_said_there_is_none() -> None:
    said = {k: v for k, v in raw()["LEG-02"].items() if k != "max_extension_working_days"}
    assert parse(said).max_extension_working_days == 0


@pytest.mark.parametrize("days", [-1, 121, "5", 2.5, True, None])
def test_it_is_a_whole_number_of_days_up_to_120(days: Any) -> None:
    (fault,) = problems_of({**raw()["LEG-02"], "max_extension_working_days": days})
    assert fault.code == Fault.EXTENSION


@pytest.mark.parametrize(("typed", "kept"), [("4", 4), ("0", None), ("", None)])
def test_the_page_gives_what_was_typed(typed: str, kept: int | None) -> None:
    draft = draft_of(raw()["LEG-02"])
    draft.texts["max_extension_working_days"] = typed
    assert definition_of(draft, code="LEG-02").get("max_extension_working_days") == kept

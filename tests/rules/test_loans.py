"""How far a bank may be led with a request, and what fits: the table a second time, and borders."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_portal.financing.rules import (
    LIVE,
    WAITING,
    AnswerState,
    Misfit,
    Step,
    Terms,
    Wanted,
    all_answered,
    misfits,
    next_state,
)

LEGAL = {
    "chosen": {"send": "received", "take_back": "withdrawn", "stop_waiting": "withdrawn"},
    "received": {
        "take_up": "contacted",
        "refuse": "refused",
        "take_back": "withdrawn",
        "stop_waiting": "withdrawn",
        "lapse": "lapsed",
    },
    "contacted": {
        "examine": "due_diligence",
        "approve": "approved",
        "refuse": "refused",
        "withdraw": "withdrawn",
        "take_back": "withdrawn",
        "stop_waiting": "withdrawn",
    },
    "due_diligence": {
        "approve": "approved",
        "refuse": "refused",
        "withdraw": "withdrawn",
        "take_back": "withdrawn",
        "stop_waiting": "withdrawn",
    },
    "approved": {"withdraw": "withdrawn", "take_back": "withdrawn", "lapse": "lapsed"},
}
TODAY = date(2026, 11, 24)
TERMS: dict[str, Any] = {
    "least_fen": 100,
    "most_fen": 1_000,
    "longest_months": 36,
    "guarantees": ("credit",),
    "valid_from": date(2026, 1, 1),
    "valid_until": date(2026, 12, 31),
}
WANTED: dict[str, Any] = {"amount_fen": 500, "months": 12, "guarantees": ("credit", "ip")}


@pytest.mark.parametrize(("state", "step"), product(AnswerState, Step))
def test_each_step_leads_where_it_was_agreed(state: AnswerState, step: Step) -> None:
    assert next_state(state, step) == LEGAL.get(state, {}).get(step)


def test_whatever_lives_can_be_taken_back() -> None:
    assert {state for state in AnswerState if next_state(state, Step.TAKE_BACK)} == LIVE


@pytest.mark.parametrize(
    ("terms", "wanted", "found"),
    [
        ({}, {"amount_fen": 100}, []),
        ({}, {"amount_fen": 99}, [Misfit.TOO_LITTLE]),
        ({}, {"amount_fen": 1_000}, []),
        ({}, {"amount_fen": 1_001}, [Misfit.TOO_MUCH]),
        ({}, {"months": 36}, []),
        ({}, {"months": 37}, [Misfit.TOO_LONG]),
        ({}, {"guarantees": ("ip",)}, [Misfit.GUARANTEE]),
        ({}, {"amount_fen": None, "months": None, "guarantees": ()}, []),
        ({"valid_from": TODAY, "valid_until": TODAY}, {}, []),
        ({"valid_from": date(2026, 11, 25)}, {}, [Misfit.NOT_YET]),
        ({"valid_until": date(2026, 11, 23)}, {}, [Misfit.ENDED]),
        ({"valid_until": None}, {}, []),
    ],
)
def test_borders_belong_to_what_fits(
    terms: dict[str, Any], wanted: dict[str, Any], found: list[Misfit]
) -> None:
    reasons = misfits(Terms(**{**TERMS, **terms}), Wanted(**{**WANTED, **wanted}), TODAY)
    assert [reason.code for reason in reasons] == found


@given(st.lists(st.sampled_from(AnswerState)))
def test_a_request_is_answered_only_when_nobody_is_waited_for(states: list[AnswerState]) -> None:
    assert not (all_answered(states) and set(states) & WAITING)


def test_what_everybody_took_back_is_not_answered() -> None:
    assert not all_answered([AnswerState.WITHDRAWN] * 3)
    assert all_answered([AnswerState.WITHDRAWN, AnswerState.REFUSED])

"""Codes of companies, states of institutions, and the order of names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_portal.directory.rules import INSTITUTION_MOVES, clean_uscc, may_become, sort_key
from tests.rules.calendars import ROOT

CODES = ROOT.parent / "shared" / "data" / "uscc_valid_150.txt"
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
VALID = "91350100M000100Y43"


def check_digit(body: str) -> str:
    """Compute the check digit by the standard's own formula (GB 32100-2015): weights 3^(i-1) mod
    31.
    """
    total = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return ALPHABET[(31 - total % 31) % 31]


def test_real_codes_are_taken() -> None:
    if not CODES.exists():
        pytest.skip("the real codes (../shared/data/uscc_valid_150.txt) are not on this machine")
    codes = CODES.read_text(encoding="utf-8").split()
    assert len(codes) == 150 and [code for code in codes if clean_uscc(code) != code] == []


@pytest.mark.parametrize(
    "text", [VALID, VALID.lower(), f" {VALID} ", "9135 0100 M000 100Y 43", "91440600MA00000390"]
)
def test_codes_as_people_type_them(text: str) -> None:
    cleaned = clean_uscc(text)
    assert cleaned is not None and cleaned == text.replace(" ", "").upper()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "91350100M000100Y4Z",
        VALID[:-1],
        VALID + "0",
        "91350100I000100Y43",
        "九一三五",
        "91350100M000100Y44",
        "x" * 5000,
    ],
)
def test_wrong_codes_are_refused(text: str) -> None:
    assert clean_uscc(text) is None


@given(
    middle=st.text(alphabet=ALPHABET, min_size=9, max_size=9),
    place=st.integers(0, 17),
    other=st.sampled_from(ALPHABET),
)
def test_the_check_digit_finds_every_single_mistake(middle: str, place: int, other: str) -> None:
    body = f"91440699{middle}"
    code = body + check_digit(body)
    assert clean_uscc(code) == code
    mistaken = code[:place] + other + code[place + 1 :]
    assert mistaken == code or clean_uscc(mistaken) is None


STATES = ("applied", "reviewed", "admitted", "suspended", "exited")
PAPER = {
    ("applied", "reviewed"),
    ("applied", "exited"),
    ("reviewed", "admitted"),
    ("reviewed", "exited"),
    ("admitted", "suspended"),
    ("admitted", "exited"),
    ("suspended", "admitted"),
    ("suspended", "exited"),
    ("exited", "applied"),
}


@pytest.mark.parametrize("status", STATES)
@pytest.mark.parametrize("wanted", STATES)
def test_states_of_an_institution(status: str, wanted: str) -> None:
    assert may_become(status, wanted) is (status == wanted or (status, wanted) in PAPER)


def test_unknown_states_lead_nowhere() -> None:
    assert set(INSTITUTION_MOVES) == set(STATES)
    assert not may_become("applied", "glorious") and not may_become("glorious", "admitted")


def test_names_are_sorted_by_their_reading() -> None:
    names = ["中科", "安道", "宝钢", "Beta", "力劲"]
    assert sorted(names, key=sort_key) == ["安道", "宝钢", "Beta", "力劲", "中科"]
    assert sort_key("安道 Medical") == sort_key("安道 medical") and len(sort_key("安" * 500)) == 200

"""Which request was asked before, and by which words a ticket is found."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_portal.filing.rules import (
    ALIKE,
    DUPLICATE_WINDOW,
    Earlier,
    likeness,
    most_alike,
    request_hash,
)
from service_portal.tickets.search import query_tokens, search_tokens

WORDS = st.sets(st.sampled_from("abcdefgh"), max_size=8)


def earlier(number: int, *words: str) -> Earlier:
    """Make an earlier ticket."""
    return Earlier(number, f"NH-2026-{number:05}", "title", frozenset(words))


@given(one=WORDS, other=WORDS)
def test_likeness_is_a_share_and_symmetric(one: set[str], other: set[str]) -> None:
    assert 0 <= likeness(one, other) <= 1 and likeness(one, other) == likeness(other, one)
    assert (likeness(one, other) == 1) == (one == other and bool(one))


def test_half_alike_is_enough_and_less_is_not() -> None:
    assert ALIKE == 0.5 and timedelta(days=30) == DUPLICATE_WINDOW
    assert most_alike("ab", [earlier(1, "a", "b", "c", "d")]) == earlier(1, "a", "b", "c", "d")
    assert most_alike("ab", [earlier(1, "a", "b", "c", "d", "e")]) is None
    assert most_alike("", [earlier(1)]) is None and most_alike("ab", []) is None


def test_the_most_alike_wins_and_of_equals_the_newest() -> None:
    newest_first = [earlier(3, "a", "b", "c"), earlier(2, "a", "b"), earlier(1, "a", "b")]
    found = most_alike("ab", newest_first)
    assert found is not None and found.ticket_id == 2
    equals = most_alike("ab", [earlier(9, "a", "b", "c"), earlier(8, "a", "b", "d")])
    assert equals is not None and equals.ticket_id == 9


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("申请高新技术企业认定辅导", "高新技术企业认定辅导申请", True),
        ("高新技术企业认定需要哪些材料", "请问高新技术企业认定需要哪些材料", True),
        ("贷款三百万", "招聘工程师", False),
        ("Loan for new machines", "A loan for our new machines", True),
        ("Loan for new machines", "Patent search in Germany", False),
    ],
)
def test_real_sentences(one: str, other: str, alike: bool) -> None:
    assert (
        most_alike(search_tokens(one), [earlier(1, *search_tokens(other))]) is not None
    ) is alike


def test_a_request_has_the_same_digest_whatever_the_order_of_its_values() -> None:
    assert (
        request_hash({"a": 1, "b": ["x"]})
        == request_hash({"b": ["x"], "a": 1})
        != request_hash({"a": 1, "b": ["y"]})
    )


def test_tokens() -> None:
    assert search_tokens("专利申请 FIN-01, 3 台") == sorted(
        ["专利", "利申", "申请", "fin-01", "fin", "01", "3", "台"]
    )
    assert query_tokens("NH-2026-00412") == ["nh-2026-00412"], "a whole reference is one word"
    assert search_tokens("", "  ，。") == [] == query_tokens(" ")


@given(text=st.text(alphabet="专利申请贷款abc -1", max_size=20))
def test_whatever_is_searched_for_in_the_text_is_found(text: str) -> None:
    known = set(search_tokens(text))
    for word in text.split():
        if not word.startswith("-") and not word.endswith("-") and "--" not in word:
            assert set(query_tokens(word)) <= known

"""Facts: what a kind takes, and what counts where sources differ."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_portal.facts.expressions import Value
from service_portal.facts.kinds import KINDS, SECTIONS, FactFault, FactType, Unfit, read_text
from service_portal.facts.kinds import write_text as write
from service_portal.facts.rules import Source, Statement, settle


@pytest.mark.parametrize(
    ("code", "text", "value"),
    [
        ("revenue", "1,234,567.89", Decimal(123456789)),
        ("revenue", " 30000000 ", Decimal(3_000_000_000)),
        ("net_profit", "-0.01", Decimal(-1)),
        ("staff", "42", Decimal(42)),
        ("resident", "是", True),
        ("resident", "No", False),
        ("main_product_ip", "class_2", "class_2"),
        ("main_product_ip", "无", "none"),
    ],
)
def test_a_text_is_read_by_its_kind(code: str, text: str, value: Value) -> None:
    assert read_text(KINDS[code], text) == value


@pytest.mark.parametrize(
    ("code", "text", "fault"),
    [
        ("revenue", "", FactFault.EMPTY),
        ("revenue", "much", FactFault.NO_NUMBER),
        ("revenue", "nan", FactFault.NO_NUMBER),
        ("revenue", "1e400", FactFault.TOO_LARGE),
        ("revenue", "-1", FactFault.NEGATIVE),
        ("revenue", "0.001", FactFault.TOO_EXACT),
        ("revenue", "1" * 30, FactFault.TOO_LARGE),
        ("staff", "1.5", FactFault.NOT_WHOLE),
        ("resident", "perhaps", FactFault.NO_YESNO),
        ("main_product_ip", "class_9", FactFault.NO_OPTION),
    ],
)
def test_what_does_not_fit_its_kind_is_named(code: str, text: str, fault: FactFault) -> None:
    with pytest.raises(Unfit) as refused:
        read_text(KINDS[code], text)
    assert refused.value.fault is fault


@given(st.integers(0, 10**15))
def test_money_comes_back_to_the_fen(fen: int) -> None:
    kind = KINDS["revenue"]
    assert read_text(kind, write(kind, Decimal(fen))) == fen


def test_every_kind_has_a_section_and_names_in_both_languages() -> None:
    for kind in KINDS.values():
        assert kind.section in SECTIONS
        assert kind.name.en and kind.name.zh
        assert (kind.type is FactType.CHOICE) == bool(kind.options)


def said(*words: tuple[str, int]) -> list[Statement]:
    return [Statement(n, Source(source), Decimal(v)) for n, (source, v) in enumerate(words, 1)]


@pytest.mark.parametrize(
    ("words", "counts", "against"),
    [
        ([("own", 5)], 5, []),
        ([("own", 5), ("own", 6)], 6, []),
        ([("department", 7), ("own", 5)], 7, [5]),
        ([("own", 5), ("department", 7)], 7, [5]),
        ([("own", 7), ("department", 7)], 7, []),
        ([("own", 5), ("import", 6), ("department", 7)], 7, [6, 5]),
        ([("own", 5), ("department", 7), ("decision", 5)], 5, []),
        ([("department", 7), ("decision", 5), ("own", 5)], 5, []),
        ([("department", 7), ("decision", 5), ("own", 8)], 5, [8]),
        ([("department", 7), ("decision", 5), ("own", 8), ("decision", 8)], 8, []),
    ],
)
def test_what_counts_and_what_stands_against_it(
    words: list[tuple[str, int]], counts: int, against: list[int]
) -> None:
    standing = settle(said(*words))
    assert standing is not None
    assert standing.counts.value == counts
    assert [one.value for one in standing.against] == against


def test_nothing_said_is_nothing_known() -> None:
    assert settle([]) is None

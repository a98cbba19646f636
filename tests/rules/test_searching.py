"""Numbers as people type them, and the references they may stand for."""

from __future__ import annotations

import pytest

from service_portal.tickets.search import references_meant

PARKS, YEARS = ("NH", "SS"), (2025, 2026)


@pytest.mark.parametrize("text", ["2424", "02424", " 2424 ", "0002424", "２４２４"])
def test_a_bare_number_may_be_of_any_park_and_year(text: str) -> None:
    assert references_meant(text, parks=PARKS, years=YEARS) == [
        "nh-2025-02424",
        "nh-2026-02424",
        "ss-2025-02424",
        "ss-2026-02424",
    ]


@pytest.mark.parametrize("text", ["NH-2026-2424", "nh-2026-02424"])
def test_a_reference_is_itself(text: str) -> None:
    assert references_meant(text, parks=PARKS, years=YEARS) == ["nh-2026-02424"]


def test_a_year_narrows_it_down() -> None:
    assert references_meant("2026-2424", parks=PARKS, years=YEARS) == [
        "nh-2026-02424",
        "ss-2026-02424",
    ]


def test_a_long_number_keeps_its_digits() -> None:
    assert references_meant("SS-2026-1234567", parks=PARKS, years=YEARS) == ["ss-2026-1234567"]


@pytest.mark.parametrize("text", ["", "laser", "2424 laser", "NH-", "12345678901"])
def test_words_are_no_number(text: str) -> None:
    assert references_meant(text, parks=PARKS, years=YEARS) == []

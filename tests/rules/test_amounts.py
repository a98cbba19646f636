"""Amounts of money are whole numbers of fen that somebody may book."""

from __future__ import annotations

import pytest

from service_portal.web.amounts import fen_in, short_yuan
from tests.spoken import in_both


@pytest.mark.parametrize(
    ("yuan", "fen"),
    [
        ("0", 0),
        ("0.01", 1),
        ("1200000.00", 120_000_000),
        ("-3.5", -350),
        ("10000000000000", 10**15),
        ("1,200,000.5", 120_000_050),
        ("1，200 000.00", 120_000_000),
        ("3.500", 350),
        ("", None),
        ("-", None),
        ("１２", None),
        ("1.", None),
        ("0.001", None),
        ("10000000000000.01", None),
        ("1e999999", None),
        ("1e-999999", None),
        ("NaN", None),
        ("sNaN", None),
        ("Infinity", None),
    ],
)
def test_an_amount_is_so_many_fen_or_none(yuan: str, fen: int | None) -> None:
    assert fen_in(yuan) == fen


@pytest.mark.parametrize(
    ("fen", "en", "zh"),
    [
        (0, "0 yuan", "0 元"),
        (300_000_000, "3 m yuan", "300 万元"),
        (240_000_000, "2.4 m yuan", "240 万元"),
        (123_456_700, "1,234,567 yuan", "1,234,567 元"),
        (125_050_000, "1,250,500 yuan", "125.05 万元"),
        (45_000_000, "450,000 yuan", "45 万元"),
        (123_405, "1,234.05 yuan", "1,234.05 元"),
        (2_043_369_010, "20,433,690.10 yuan", "20,433,690.10 元"),
        (150_500_000_000, "1.505 bn yuan", "15.05 亿元"),
        (-240_000_000, "-2.4 m yuan", "-240 万元"),
    ],
)
def test_a_short_amount_is_exact(fen: int, en: str, zh: str) -> None:
    assert in_both(lambda: short_yuan(fen)) == (en, zh)

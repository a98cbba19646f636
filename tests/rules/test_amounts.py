"""Amounts of money are whole numbers of fen that somebody may book."""

from __future__ import annotations

from decimal import Decimal

import pytest

from service_portal.money.rules import fen_in


@pytest.mark.parametrize(
    ("yuan", "fen"),
    [
        ("0", 0),
        ("0.01", 1),
        ("1200000.00", 120_000_000),
        ("-3.5", -350),
        ("10000000000000", 10**15),
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
    assert fen_in(Decimal(yuan)) == fen

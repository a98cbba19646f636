"""Requests at banks and lines, booked through the real services."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

from service_portal.access.actor import SYSTEM
from service_portal.money import paying, services
from service_portal.money.codes import RefusalReason
from tests.factories.directory import create_enterprise, create_institution

_numbers = count(1)
TODAY = date(2026, 11, 24)
M = 100_000_000
"""A million yuan in fen."""


def noon(day: date) -> datetime:
    """Give the middle of a day of the zone."""
    return datetime.combine(day, time(4), UTC)


def asked(day: date = TODAY, amount: int = 5 * M, **values: Any) -> int:
    """Let an enterprise ask a bank, and give the request's number."""
    usual: dict[str, Any] = {
        "actor": SYSTEM,
        "product_code": "quick",
        "amount": amount,
        "day": day,
        "now": noon(day),
        "own_code": f"own {next(_numbers)}",
    }
    for name, made in (
        ("enterprise_id", create_enterprise),
        ("institution_id", create_institution),
    ):
        if name not in values:
            usual[name] = made().id
    return services.record_application(**{**usual, **values})


def refused(application_id: int, day: date = TODAY, **values: Any) -> int:
    """Let the bank refuse a request."""
    usual: dict[str, Any] = {
        "actor": SYSTEM,
        "application_id": application_id,
        "reason_code": RefusalReason.COLLATERAL,
        "day": day,
        "now": noon(day),
    }
    return services.refuse_application(**{**usual, **values})


def opened(
    application_id: int | None = None,
    day: date = TODAY,
    *,
    amount: int = 5 * M,
    months: int = 12,
    **values: Any,
) -> int:
    """Let the bank grant a line, and give its number."""
    usual: dict[str, Any] = {
        "actor": SYSTEM,
        "application_id": application_id or asked(day),
        "amount": amount,
        "revolving": False,
        "valid_until": day + timedelta(days=30 * months),
        "day": day,
        "now": noon(day),
    }
    return services.open_line(**{**usual, **values})


def drawn(line_id: int, amount: int, day: date = TODAY, **values: Any) -> int:
    """Let the bank pay out."""
    return paying.draw(**_slip(line_id, amount, day, values))


def repaid(line_id: int, amount: int, day: date = TODAY, **values: Any) -> int:
    """Let the enterprise repay."""
    return paying.repay(**_slip(line_id, amount, day, values))


def _slip(line_id: int, amount: int, day: date, values: dict[str, Any]) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "actor": SYSTEM,
        "line_id": line_id,
        "amount": amount,
        "slip": f"S{next(_numbers):06}",
        "day": day,
        "now": noon(day),
    }
    return {**usual, **values}

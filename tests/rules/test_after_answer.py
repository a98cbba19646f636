"""Who is called back after an answer, and how long an enterprise may think again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service_portal.resolving.rules import can_change, needs_call

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("level", "verdict", "needed"),
    [
        (None, None, False),
        (None, "solved", False),
        (None, "partly", False),
        (None, "not_solved", True),
        (5, "not_solved", True),
        (3, "partly", False),
        (2, "partly", True),
        (2, "solved", True),
        (1, None, True),
        (3, None, False),
    ],
)
def test_who_is_not_content_is_called(level: int | None, verdict: str | None, needed: bool) -> None:
    assert needs_call(level, verdict) is needed


@pytest.mark.parametrize(
    ("later", "can"),
    [(timedelta(0), True), (timedelta(days=7), True), (timedelta(days=7, seconds=1), False)],
)
def test_what_was_said_can_be_changed_for_seven_days(later: timedelta, can: bool) -> None:
    assert can_change(AT, AT + later) is can


def test_what_was_never_said_can_be_said() -> None:
    assert can_change(None, AT)

"""What counts, once, and why something does not (domain.md 2.6)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_portal.counting.rules import case_key, event_key, is_case, persons_of
from service_portal.reviewing.rules import month_of, months_back
from service_portal.reviewing.words import DEFINITIONS, GROUPS
from service_portal.tickets.delivery_rules import DeliveryFacts, not_countable
from service_portal.tickets.words import NOT_COUNTABLE_WORDS

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
DAY = date(2026, 11, 24)
KEYS = st.fixed_dictionaries(
    {
        "enterprise_id": st.integers(1, 3),
        "ticket_id": st.integers(1, 3),
        "station_id": st.integers(1, 3),
        "institution_id": st.none() | st.integers(1, 3),
        "day": st.sampled_from([DAY, DAY + timedelta(days=1)]),
    }
)


def facts(**values: Any) -> DeliveryFacts:
    """Make a contact that counts."""
    usual: dict[str, Any] = {
        "summary": "We went through the claim.",
        "has_evidence": True,
        "minutes": 20,
        "channel": "phone",
        "counted_already": False,
        "same_controller": False,
        "started_at": NOW - timedelta(hours=1),
        "filed_at": NOW - timedelta(days=2),
        "now": NOW,
    }
    return DeliveryFacts(**{**usual, **values})


REFUSED = [
    ({}, None),
    ({"has_evidence": False}, "no_evidence"),
    ({"summary": "ok"}, "no_substance"),
    ({"summary": "          "}, "no_substance"),
    ({"summary": "已电话沟通"}, None),
    ({"summary": "沟通"}, "no_substance"),
    ({"minutes": 0}, "no_time"),
    ({"minutes": 0, "channel": "message"}, None),
    ({"minutes": 0, "channel": "document"}, None),
    ({"counted_already": True}, "same_day"),
    ({"same_controller": True}, "same_controller"),
    ({"started_at": NOW - timedelta(days=3)}, "before_filing"),
    ({"filed_at": NOW - timedelta(days=90), "started_at": NOW - timedelta(days=32)}, "too_late"),
    ({"same_controller": True, "has_evidence": False, "counted_already": True}, "same_controller"),
    ({"has_evidence": False, "counted_already": True}, "no_evidence"),
]


@pytest.mark.parametrize(("values", "reason"), REFUSED)
def test_what_counts_and_why_not(values: dict[str, Any], reason: str | None) -> None:
    assert not_countable(facts(**values)) == reason


def test_every_reason_is_used_and_has_words() -> None:
    assert {reason for _, reason in REFUSED if reason} == set(NOT_COUNTABLE_WORDS)


@given(one=KEYS, other=KEYS)
def test_an_event_counts_once_for_enterprise_ticket_provider_and_day(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    """The provider is the institution if one delivers, else the station."""

    def identity(values: dict[str, Any]) -> tuple[Any, ...]:
        provider = (
            ("i", values["institution_id"])
            if values["institution_id"] is not None
            else ("s", values["station_id"])
        )
        return values["enterprise_id"], values["ticket_id"], provider, values["day"]

    assert (event_key(**one) == event_key(**other)) == (identity(one) == identity(other))


def test_a_case_counts_once_a_cycle() -> None:
    assert (
        len(
            {
                case_key(ticket_id=ticket, cycle=cycle)
                for ticket in (1, 2, 11)
                for cycle in (1, 2, 12)
            }
        )
        == 9
    )


@pytest.mark.parametrize(
    ("basis", "channel", "persons"),
    [
        ("event", "visit", 40),
        ("event", "event", 40),
        ("event", "document", 0),
        ("event", "message", 0),
        ("case", "event", 40),
        ("case", "visit", 0),
        ("contact", "phone", 0),
        ("case+finance", "video", 0),
    ],
)
def test_persons_are_who_came_to_an_event_or_a_booking(
    basis: str, channel: str, persons: int
) -> None:
    assert persons_of(count_basis=basis, channel=channel, attendees=40) == persons


@pytest.mark.parametrize(
    ("outcome", "yes"),
    [
        ("resolved", True),
        ("partly", True),
        ("answered", True),
        ("not_possible", False),
        (None, False),
        ("withdrawn", False),
    ],
)
def test_a_case_is_a_ticket_closed_with_a_result(outcome: str | None, yes: bool) -> None:
    assert is_case(outcome=outcome) is yes


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2026-11", date(2026, 11, 1)),
        ("2026-11-24", date(2026, 11, 1)),
        ("2026-13", DAY),
        ("2026-0", DAY),
        ("1999-01", DAY),
        ("9999-01", DAY),
        ("", DAY),
        (None, DAY),
        ("soon", DAY),
        ("2026", DAY),
        ("2026-٣", date(2026, 3, 1)),
        ("-", DAY),
    ],
)
def test_months_from_an_address(text: str | None, month: date) -> None:
    assert month_of(text, DAY) == month


@given(day=st.dates(date(2001, 1, 1), date(2099, 12, 31)), months=st.integers(0, 240))
def test_going_back_months(day: date, months: int) -> None:
    first = months_back(day, months)
    assert first.day == 1 and (day.year - first.year) * 12 + day.month - first.month == months
    assert months_back(months_back(day, months), 3) == months_back(day, months + 3)


def test_every_number_has_its_definition_beside_it() -> None:
    assert set(DEFINITIONS) == {"enterprises", "cases", "events", "minutes"}
    assert set(GROUPS) == {
        "station",
        "institution",
        "category",
        "service",
        "enterprise",
        "park",
        "month",
    }
    for title, about in DEFINITIONS.values():
        assert str(title) and about.within("en").endswith(".")
        assert about.within("zh").endswith("。")

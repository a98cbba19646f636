"""Every event says what it is about, and messages know who may be told of that."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_type_hints

import pytest

from service_portal.events.catalog import EVENTS, Event, SecondFactorRemoved, Subject, SubjectKind
from service_portal.events.inbox import Delivery
from service_portal.events.outbox import rows_for
from service_portal.notifications.subjects import SUBJECTS


def made(event: type[Event]) -> Event:
    """Make an event whose ids are 7."""
    kinds = get_type_hints(event)
    given: dict[str, Any] = {
        field.name: "x" if kinds[field.name] is str else 7 for field in fields(event)
    }
    return event(**given)


def delivered(event: Event) -> list[Delivery]:
    """Give the event as its listeners receive it."""
    return [
        Delivery(
            1,
            row["event"],
            row["ticket_id"],
            row["enterprise_id"],
            row["payload"],
            1,
            1,
            row["subject_kind"],
            row["subject_id"],
        )
        for row in rows_for(event)
    ]


@pytest.mark.parametrize("event", EVENTS)
def test_a_listener_receives_what_an_event_is_about(event: type[Event]) -> None:
    happened = made(event)
    assert happened.subject.id == 7
    assert all(delivery.subject == happened.subject for delivery in delivered(happened))


@pytest.mark.parametrize("kind", SubjectKind)
def test_messages_know_who_may_be_told_of_each_kind(kind: SubjectKind) -> None:
    assert kind in SUBJECTS


def test_an_event_about_a_ticket_names_it_by_its_own_name_only() -> None:
    rows = [row for event in EVENTS for row in rows_for(made(event)) if row["ticket_id"]]
    assert rows and all(row["subject_kind"] is None for row in rows)


def test_an_event_of_the_release_before_is_about_the_account_it_names() -> None:
    payload = SecondFactorRemoved(person_id=9).payload()
    delivery = Delivery(1, "second_factor.removed", None, None, payload, 1, 1)
    assert delivery.subject == Subject(SubjectKind.PERSON, 9)


def test_a_tick_about_nothing_has_no_subject() -> None:
    assert Delivery(1, "ticket.filed", None, None, {}, 1, 1).subject is None

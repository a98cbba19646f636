"""What every request says is asked, read, written and kept in all the places it passes."""

from __future__ import annotations

from dataclasses import fields

from service_portal.tickets.asked import NAMES, Request
from service_portal.tickets.models import Ticket


def test_what_is_asked_is_what_a_request_says() -> None:
    assert {*NAMES, "answers"} == {field.name for field in fields(Request)}


def test_a_ticket_keeps_what_its_request_says() -> None:
    assert {field.name for field in fields(Request)} <= set(Ticket.__table__.c.keys())

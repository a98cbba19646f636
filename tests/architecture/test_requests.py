"""What every request says is asked, read, written and kept in all the places it passes."""

from __future__ import annotations

from dataclasses import fields

from service_portal.api.schemas import Filing
from service_portal.catalogue.forms import RequestForm
from service_portal.filing.moves.resubmit import RESUBMIT
from service_portal.filing.services import ASKED
from service_portal.tickets.opening import NewTicket
from service_portal.tickets.versions import KEPT


def test_the_form_and_the_api_ask_for_it() -> None:
    assert {name for name in ASKED if not hasattr(RequestForm, name)} == set()
    assert set(ASKED) - set(Filing().fields) == set()


def test_a_new_ticket_says_it() -> None:
    assert set(ASKED) - {field.name for field in fields(NewTicket)} == set()


def test_it_can_be_sent_again_and_is_kept_as_it_was() -> None:
    assert {*ASKED, "answers"} == {field.name for field in RESUBMIT.fields} == set(KEPT)

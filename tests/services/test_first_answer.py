"""A case that is done again, or opened again, loses nothing of its first answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.kernel.db import db
from service_portal.resolving.services import ask_redo, confirm_ticket, reopen_ticket
from service_portal.tickets.models import ServiceEvent
from service_portal.tickets.page import read_page
from tests.factories.tickets import TUESDAY
from tests.services.cases import give_answer
from tests.services.taken import HOUR, Taken, taken

DAY = timedelta(days=1)
ANSWERED = TUESDAY + HOUR


@pytest.fixture(params=["redo", "reopen"])
def again(db_session: None, request: pytest.FixtureRequest) -> Taken:
    """A case whose answer was not enough."""
    case = taken()
    give_answer(case.ticket, case.institution, now=ANSWERED)
    by: dict[str, Any] = {"actor": case.asker, "ticket_id": case.ticket.id}
    if request.param == "redo":
        ask_redo(reason="The annex.", now=ANSWERED + DAY, **by)
        return case
    confirm_ticket(level=3, verdict="partly", comment="", now=ANSWERED + HOUR, **by)
    reopen_ticket(reason="The annex.", window_days=30, now=ANSWERED + DAY, **by)
    return case


def test_both_sides_go_on_reading_it(again: Taken) -> None:
    for reader in (again.asker, again.member, again.institution):
        page = read_page(again.ticket.id, actor=reader, internal=False, decisions=False)
        assert "Done, see the slip." in {line.body for line in page.talk}
        assert [line.at for line in page.talk if line.kind == "answer"] == [ANSWERED]


def test_when_it_was_given_and_whether_in_time_stays(again: Taken) -> None:
    promises = again.clocks("resolve")
    assert [(one.outcome, one.stopped_at) for one in promises] == [("met", ANSWERED), (None, None)]
    assert promises[1].due_at is not None and promises[1].due_at > ANSWERED + DAY


def test_what_it_delivered_and_proved_stays_beside_the_second(again: Taken) -> None:
    give_answer(again.ticket, again.institution, now=ANSWERED + 2 * DAY)
    proofs = sa.select(ServiceEvent.evidence_note).where(ServiceEvent.ticket_id == again.ticket.id)
    assert list(db.session.scalars(proofs)) == ["slip", "slip"]
    assert [one.outcome for one in again.clocks("resolve")] == ["met", "met"]

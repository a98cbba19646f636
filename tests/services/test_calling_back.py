"""An enterprise that is not content is called back by a lead, within a working day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.assigning.calls import to_call_back
from service_portal.filing.services import withdraw_ticket
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Forbidden, Missing, Refused
from service_portal.reminding.services import fire_due
from service_portal.resolving.archiving import archive_closed
from service_portal.resolving.calling_back import call_back
from service_portal.resolving.services import confirm_ticket, rate_ticket, reopen_ticket
from service_portal.tickets.models import TimelineEntry
from service_portal.tickets.page import read_page
from service_portal.tickets.timeline import entry_sentence
from tests.factories.tickets import TUESDAY
from tests.services.alarms import told
from tests.services.cases import give_answer
from tests.services.taken import HOUR, Taken, accepted, taken, with_person

CLOSED = TUESDAY + 2 * HOUR
DAY = timedelta(days=1)


@pytest.fixture
def case(db_session: None) -> Taken:
    """An answered case, which an institution has worked on."""
    case = taken()
    give_answer(case.ticket, case.institution, now=TUESDAY + HOUR)
    return case


def close(case: Taken, *, now: datetime = CLOSED, **said: Any) -> None:
    """Let the enterprise close it."""
    usual = {"level": None, "verdict": "not_solved", "comment": ""}
    confirm_ticket(actor=case.asker, ticket_id=case.ticket.id, now=now, **{**usual, **said})


def say(case: Taken, *, now: datetime = CLOSED + HOUR, **said: Any) -> None:
    """Let the enterprise say something else."""
    usual = {"level": None, "verdict": None, "comment": ""}
    rate_ticket(actor=case.asker, ticket_id=case.ticket.id, now=now, **{**usual, **said})


def call(case: Taken, by: Actor, *, note: str = "They wait for the annex.") -> None:
    """Note a call."""
    call_back(actor=by, ticket_id=case.ticket.id, note=note, now=CLOSED + HOUR)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ({"verdict": "not_solved"}, True),
        ({"verdict": "solved", "level": 2}, True),
        ({"verdict": "partly", "level": 3}, False),
        ({"verdict": "solved"}, False),
    ],
)
def test_a_call_is_owed_to_who_is_not_content(
    case: Taken, said: dict[str, Any], asked: bool
) -> None:
    close(case, **said)
    assert (case.now().call_back_due_at is not None) is asked
    assert len(case.clocks("call_back")) == asked


def test_it_is_due_within_a_working_day_and_no_deadline_of_the_ticket(case: Taken) -> None:
    close(case)
    due_at = case.now().call_back_due_at
    assert due_at is not None and CLOSED + HOUR < due_at < CLOSED + 2 * DAY
    assert case.now().next_due_at is None


def test_silence_asks_for_no_call(case: Taken) -> None:
    close(case, verdict=None)
    assert case.now().call_back_due_at is None


def test_the_leads_hear_of_it_and_nobody_else_by_it(case: Taken) -> None:
    close(case)
    heard = [row for row in told(case.ticket, "call_back.asked") if row.kind == "call_back.asked"]
    assert {row.person_id for row in heard} == {case.lead.person_id}


def test_it_stands_on_the_board_of_its_station_until_it_is_made(case: Taken) -> None:
    elsewhere = accepted()
    close(case, comment="Nobody called us.")
    (one,) = to_call_back(case.lead.station_id)
    assert (one.id, one.verdict, one.comment) == (case.ticket.id, "not_solved", "Nobody called us.")
    assert list(to_call_back(elsewhere.lead.station_id)) == []
    assert case.ticket.id in {row.id for row in to_call_back(None)}
    call(case, case.lead)
    assert list(to_call_back(case.lead.station_id)) == []


def test_the_call_is_noted_in_time_with_what_came_of_it(case: Taken) -> None:
    close(case)
    call(case, case.lead)
    assert case.now().call_back_due_at is None
    assert [clock.outcome for clock in case.clocks("call_back")] == ["met"]
    line = db.session.scalars(
        sa.select(TimelineEntry).where(
            TimelineEntry.ticket_id == case.ticket.id, TimelineEntry.kind == "call_back"
        )
    ).one()
    assert line.data == {"note": "They wait for the annex."}


def test_the_owner_hears_that_the_lead_has_called(case: Taken) -> None:
    close(case)
    call(case, case.lead)
    heard = [row for row in told(case.ticket, "call_back.made") if row.kind == "call_back.made"]
    assert [row.person_id for row in heard] == [case.member.person_id]


def test_the_note_is_the_stations(case: Taken, app: Any) -> None:
    close(case)
    call(case, case.lead)
    with app.test_request_context():
        for reader, internal in ((case.asker, False), (case.institution, False), (case.lead, True)):
            page = read_page(case.ticket.id, actor=reader, internal=internal, decisions=False)
            said = [
                entry_sentence(one, page.names, internal=internal)
                for one in page.talk
                if one.kind == "call_back"
            ]
            assert len(said) == 1 and ("annex" in said[0]) is internal


def test_who_notes_a_call_says_what_came_of_it(case: Taken) -> None:
    close(case)
    with pytest.raises(Refused) as refused:
        call(case, case.lead, note="")
    assert refused.value.field == "note" and case.now().call_back_due_at is not None


def test_a_call_that_is_not_owed_is_not_noted(case: Taken) -> None:
    close(case)
    call(case, case.lead)
    with pytest.raises(Conflict):
        call(case, case.lead)


def test_it_is_the_leads_and_in_their_stead_the_managers(case: Taken) -> None:
    close(case)
    elsewhere = accepted()
    with pytest.raises(Missing):
        call(case, elsewhere.lead)
    for reader in (case.member, case.institution, case.asker):
        with pytest.raises(Forbidden):
            call(case, reader)
    call(case, with_person(Role.MANAGER))


def test_who_becomes_content_needs_no_call_any_more(case: Taken) -> None:
    close(case)
    say(case, verdict="solved", level=4)
    assert case.now().call_back_due_at is None
    assert [clock.outcome for clock in case.clocks("call_back")] == ["cancelled"]


def test_who_stays_discontented_is_called_once(case: Taken) -> None:
    close(case, level=2)
    say(case, verdict="partly", level=1)
    assert len(case.clocks("call_back")) == 1
    call(case, case.lead)
    say(case, level=2, now=CLOSED + 2 * HOUR)
    assert case.now().call_back_due_at is None


def test_who_is_discontented_anew_is_called_anew(case: Taken) -> None:
    close(case)
    call(case, case.lead)
    say(case, verdict="solved", now=CLOSED + 2 * HOUR)
    say(case, verdict="not_solved", now=CLOSED + 3 * HOUR)
    assert [clock.outcome for clock in case.clocks("call_back")] == ["met", None]


def test_nobody_calling_is_said_to_the_leads_and_then_to_the_managers(case: Taken) -> None:
    manager = with_person(Role.MANAGER)
    close(case)
    due_at = case.now().call_back_due_at
    assert due_at is not None
    fire_due(now=due_at)
    fire_due(now=due_at + 5 * DAY)
    heard: dict[str, set[int | None]] = {}
    for row in told(case.ticket, "rung.reached"):
        heard.setdefault(row.kind, set()).add(row.person_id)
    assert heard["rung.call_back.red"] == {case.lead.person_id}
    assert {manager.person_id, case.lead.person_id} <= heard["rung.call_back.level1"]
    assert (case.now().light, case.now().supervision_level) == (0, 0)


def test_opened_again_it_is_still_owed(case: Taken) -> None:
    close(case)
    reopen_ticket(
        actor=case.asker,
        ticket_id=case.ticket.id,
        reason="The annex.",
        window_days=30,
        now=CLOSED + HOUR,
    )
    assert case.now().call_back_due_at is not None
    (one,) = to_call_back(case.lead.station_id)
    assert one.verdict == "not_solved"
    call(case, case.lead)
    assert case.now().next_due_at == case.now().resolve_due_at is not None


def test_withdrawn_after_that_nobody_calls(case: Taken) -> None:
    close(case)
    at: dict[str, Any] = {"actor": case.asker, "ticket_id": case.ticket.id, "now": CLOSED + HOUR}
    reopen_ticket(reason="The annex.", window_days=30, **at)
    withdraw_ticket(reason="", **at)
    assert case.now().call_back_due_at is None


def test_it_is_archived_once_the_call_is_made(case: Taken) -> None:
    close(case)
    later = CLOSED + 40 * DAY
    assert archive_closed(window_days=30, now=later) == 0
    call(case, case.lead)
    assert archive_closed(window_days=30, now=later) == 1

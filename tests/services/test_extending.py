"""A later day for an answer: which days are possible, and both dates are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.catalogue.queries import definition
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Refused
from service_portal.reminding.services import fire_due
from service_portal.resolving.services import ask_redo
from service_portal.tickets.models import Clock
from service_portal.tickets.page import read_page
from service_portal.working import extending
from service_portal.working.holding import hold_ticket, resume_ticket
from tests.services.cases import give_answer
from tests.services.later_days import (
    DAY,
    DECIDED,
    ask,
    away,
    case,
    grant,
    hears,
    is_open,
    later_day,
    lines,
    promised,
    refuse,
)
from tests.services.taken import HOUR, Taken

__all__ = ["away", "case"]


def test_asking_changes_no_promise(case: Taken) -> None:
    before = (promised(case), case.now().next_due_at, len(case.clocks("resolve")))
    ask(case)
    assert (promised(case), case.now().next_due_at, len(case.clocks("resolve"))) == before
    assert is_open(case)


def test_granted_the_answer_is_due_when_work_ends_on_that_day(case: Taken) -> None:
    ask(case)
    day = later_day(case)
    grant(case)
    end = datetime(day.year, day.month, day.day, 17, 30, tzinfo=zone_time())
    assert promised(case) == case.now().next_due_at == end
    assert not is_open(case)


def test_both_dates_are_kept(case: Taken) -> None:
    first = promised(case)
    ask(case)
    grant(case)
    before, after = case.clocks("resolve")
    assert (before.due_at, before.outcome, before.stopped_at) == (first, "cancelled", DECIDED)
    assert (after.first_due_at, after.due_at, after.outcome) == (first, promised(case), None)


def test_on_time_can_be_said_by_either_date(case: Taken) -> None:
    ask(case)
    grant(case)
    last = case.clocks("resolve")[-1]
    assert last.first_due_at is not None
    between = last.first_due_at + HOUR
    give_answer(case.ticket, case.member, now=between)
    last = case.clocks("resolve")[-1]
    assert (last.outcome, last.stopped_at) == ("met", between)


def test_extended_again_the_first_date_is_still_the_first(case: Taken) -> None:
    first = promised(case)
    ask(case, ahead=1)
    grant(case)
    ask(case, now=DECIDED + HOUR, ahead=1)
    grant(case, now=DECIDED + 2 * HOUR)
    assert [clock.first_due_at for clock in case.clocks("resolve")] == [None, first, first]


def test_a_pause_moves_both_dates(case: Taken) -> None:
    first = promised(case)
    ask(case)
    grant(case)
    extended = promised(case)
    on: dict[str, Any] = {"actor": case.member, "ticket_id": case.ticket.id}
    hold_ticket(reason_code="third_party", words="the bank", now=DECIDED + HOUR, **on)
    resume_ticket(now=DECIDED + HOUR + DAY, **on)
    last = case.clocks("resolve")[-1]
    assert last.first_due_at == first + DAY and last.due_at == extended + DAY


def test_what_was_used_of_the_time_is_still_used(case: Taken) -> None:
    ask(case)
    grant(case)
    before, after = case.clocks("resolve")
    assert before.started_at == after.started_at


def test_the_light_goes_out_with_the_later_day(case: Taken) -> None:
    near = promised(case) - HOUR
    fire_due(now=near)
    assert case.now().light == 1
    ask(case, now=near, ahead=3)
    grant(case, now=near)
    assert case.now().light == 0


def test_the_enterprise_is_told_the_new_day_and_why(case: Taken, app: Any) -> None:
    ask(case)
    grant(case, words="Only this once.")
    assert case.asker.person_id in hears(case, "extension.granted")
    (line,) = lines(case, "grant_extension")
    assert line.audience == "all" and line.data["reason"] == "The bureau is slow."


@pytest.mark.parametrize("kind", ["ask_extension", "refuse_extension", "extension_ended"])
def test_what_is_only_asked_the_enterprise_does_not_read(case: Taken, kind: str) -> None:
    ask(case)
    refuse(case)
    ask(case, now=DECIDED + HOUR)
    give_answer(case.ticket, case.member, now=DECIDED + 2 * HOUR)
    page = read_page(case.ticket.id, actor=case.asker, internal=False, decisions=False)
    assert lines(case, kind) and kind not in {line.kind for line in page.talk}


@pytest.mark.parametrize(("missing", "value"), [("until", None), ("reason", "")])
def test_asking_says_until_when_and_why(case: Taken, missing: str, value: Any) -> None:
    with pytest.raises(Refused) as refused:
        ask(case, **{missing: value})
    assert refused.value.field == missing and not is_open(case)


def test_a_day_beyond_what_the_service_allows_is_refused(case: Taken) -> None:
    most = definition(case.ticket.service_version_id).max_extension_working_days
    ask(case, ahead=most)
    refuse(case)
    with pytest.raises(Refused, match="until") as refused:
        ask(case, ahead=most + 1)
    assert refused.value.field == "until"


def test_the_limit_counts_from_the_first_promise(case: Taken) -> None:
    ask(case, ahead=2)
    grant(case)
    with pytest.raises(Refused):
        ask(case, now=DECIDED + HOUR, ahead=2)
    ask(case, now=DECIDED + HOUR, ahead=1)


def test_the_promised_day_itself_is_not_later(case: Taken) -> None:
    with pytest.raises(Refused) as refused:
        ask(case, until=promised(case).astimezone(zone_time()).date())
    assert refused.value.field == "until"


def test_a_day_on_which_nobody_works_is_refused(case: Taken) -> None:
    saturday = later_day(case)
    while saturday.weekday() != 5:
        saturday += DAY
    with pytest.raises(Refused, match="working day"):
        ask(case, until=saturday)


def test_a_service_that_allows_none_is_not_extended(
    case: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = replace(definition(case.ticket.service_version_id), max_extension_working_days=0)
    monkeypatch.setattr(extending, "definition", lambda _version_id: said)
    with pytest.raises(Conflict, match="can't be extended"):
        ask(case)


def test_after_the_promised_day_it_is_too_late_to_ask(case: Taken) -> None:
    with pytest.raises(Conflict, match="too late"):
        ask(case, now=promised(case))


def test_only_one_request_at_a_time(case: Taken) -> None:
    ask(case)
    with pytest.raises(Conflict, match="already"):
        ask(case, now=DECIDED)


def test_granted_the_institution_has_its_share_of_the_longer_time(away: Taken) -> None:
    before = away.clocks("handle")[-1].due_at
    ask(away, away.institution)
    grant(away)
    first, second = away.clocks("handle")
    assert before is not None and second.due_at is not None
    assert first.outcome == "cancelled" and before < second.due_at < promised(away)


def test_done_again_it_is_promised_as_any_other(case: Taken) -> None:
    ask(case)
    grant(case)
    give_answer(case.ticket, case.member, now=DECIDED + HOUR)
    ask_redo(
        actor=case.asker, ticket_id=case.ticket.id, reason="The annex.", now=DECIDED + 2 * HOUR
    )
    newest = db.session.scalars(
        sa.select(Clock)
        .where(Clock.ticket_id == case.ticket.id, Clock.kind == "resolve")
        .order_by(Clock.id.desc())
        .limit(1)
    ).one()
    assert newest.first_due_at is None

"""A station takes a case back from an institution."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.assigning.coming_back import withdraw_offer
from service_portal.assigning.offering import offer_waiting
from service_portal.counting.queries import prove
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Forbidden, Missing, Refused
from service_portal.ledger.models import UsageEntry
from service_portal.resolving.services import confirm_ticket
from service_portal.tickets.page import read_page
from service_portal.tickets.queries import see_ticket
from service_portal.tickets.rules import Status
from service_portal.working.holding import hold_ticket
from service_portal.working.services import post_message, start_work
from tests.services.alarms import told
from tests.services.cases import give_answer, open_assignments
from tests.services.taken import HOUR, Taken, accepted, taken, with_person
from tests.services.turning import SOON, back, contact, given_back, line, own_time_ends


@pytest.fixture
def case(db_session: None) -> Taken:
    """A case that an institution has taken."""
    return taken()


@pytest.fixture
def offered(db_session: None) -> Taken:
    """A case that is offered to an institution."""
    case = accepted()
    case.offer(case.institution)
    return case


def test_a_member_takes_it_back_once_the_institutions_own_time_is_over(case: Taken) -> None:
    end = own_time_ends(case)
    with pytest.raises(Refused) as refused:
        back(case, case.member, now=end)
    assert refused.value.field == "agreed" and case.now().status == Status.IN_PROGRESS
    back(case, case.member, now=end + timedelta(minutes=1))
    assert case.now().status == Status.ACCEPTED
    assert line(case, "take_back").data["agreed"] is False


def test_before_that_a_member_takes_it_back_where_the_institution_agrees(case: Taken) -> None:
    back(case, case.member, agreed=True)
    assert case.now().status == Status.ACCEPTED
    assert line(case, "take_back").data["agreed"] is True


def test_a_lead_takes_it_back_at_any_time(case: Taken) -> None:
    back(case, case.lead)
    assert case.now().status == Status.ACCEPTED


def test_it_is_the_stations_again_with_its_owner_and_its_promise(case: Taken) -> None:
    promised = case.now().resolve_due_at
    back(case, case.lead)
    ticket = case.now()
    assert ticket.institution_id is None and ticket.owner_id == case.member.member_id
    assert open_assignments(ticket) == [case.member.member_id]
    assert ticket.resolve_due_at == promised
    assert [clock.outcome for clock in case.clocks("resolve")] == [None]


def test_the_institutions_time_ends_with_whom_the_cause_lay_with(case: Taken) -> None:
    back(case, case.lead, reason_code="wish", words="They want a firm nearby.")
    (offer,) = case.offers()
    assert (offer.state, offer.ended_at, offer.party) == ("taken_back", SOON, "enterprise")
    assert (offer.reason_code, offer.comment) == ("wish", "They want a firm nearby.")
    assert line(case, "take_back").data["party"] == "enterprise"
    assert [clock.outcome for clock in case.clocks("handle")] == ["met"]


def test_what_is_taken_back_too_late_was_late(case: Taken) -> None:
    back(case, case.member, now=own_time_ends(case) + timedelta(minutes=1))
    assert [clock.outcome for clock in case.clocks("handle")] == ["late"]


def test_what_waited_waits_no_longer(case: Taken) -> None:
    hold_ticket(
        actor=case.institution,
        ticket_id=case.ticket.id,
        reason_code="third_party",
        words="the court",
        now=SOON,
    )
    back(case, case.lead, now=SOON + HOUR)
    assert case.now().status == Status.ACCEPTED and case.now().resolve_due_at is not None
    assert [clock.outcome for clock in case.clocks("look_again")] == ["met"]


def test_time_that_stands_still_does_not_run_out(case: Taken) -> None:
    hold_ticket(
        actor=case.institution,
        ticket_id=case.ticket.id,
        reason_code="enterprise",
        words="the contract",
        now=SOON,
    )
    with pytest.raises(Refused):
        back(case, case.member, now=SOON + timedelta(days=60))


@pytest.mark.parametrize("said", [{"reason_code": "because"}, {"words": ""}])
def test_who_takes_it_back_says_why(case: Taken, said: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        back(case, case.lead, now=SOON, **said)
    assert refused.value.field == next(iter(said))


def test_what_no_institution_has_is_not_taken_back(offered: Taken) -> None:
    with pytest.raises(Conflict):
        back(offered, offered.lead)
    withdraw_offer(actor=offered.lead, ticket_id=offered.ticket.id, reason="", now=SOON)
    start_work(actor=offered.member, ticket_id=offered.ticket.id, now=SOON)
    with pytest.raises(Conflict):
        back(offered, offered.lead)


def test_an_answer_is_not_taken_back(case: Taken) -> None:
    give_answer(case.ticket, case.institution, now=SOON)
    with pytest.raises(Conflict):
        back(case, case.lead, now=SOON + HOUR)


def test_only_its_own_station_takes_it_back(case: Taken) -> None:
    elsewhere = accepted()
    for stranger in (elsewhere.lead, case.other):
        with pytest.raises(Missing):
            back(case, stranger)
    for reader in (case.institution, with_person(Role.MANAGER)):
        with pytest.raises(Forbidden):
            back(case, reader)


@pytest.mark.parametrize("turn", ["taken", "given"])
def test_the_institution_reads_it_no_more(case: Taken, turn: str) -> None:
    if turn == "taken":
        back(case, case.lead)
    else:
        given_back(case)
    with pytest.raises(Missing):
        see_ticket(case.ticket.id, actor=case.institution)


def test_the_next_one_reads_nothing_of_the_first(case: Taken) -> None:
    contact(case, case.institution)
    post_message(actor=case.institution, ticket_id=case.ticket.id, body="We begin.", now=SOON)
    post_message(actor=case.asker, ticket_id=case.ticket.id, body="The annex.", now=SOON)
    back(case, case.lead)
    case.offer(case.other, now=SOON + HOUR)
    case.take(case.other, now=SOON + 2 * HOUR)
    post_message(actor=case.other, ticket_id=case.ticket.id, body="We go on.", now=SOON + 3 * HOUR)

    def words(reader: Actor) -> tuple[set[str], set[str]]:
        talk = read_page(case.ticket.id, actor=reader, internal=False, decisions=False).talk
        return {row.body for row in talk if row.body}, {row.kind for row in talk if row.kind}

    assert words(case.other) == (
        {"The annex.", "We go on."},
        {"file", "assign", "accept", "pick_up"},
    )
    said, done = words(case.asker)
    assert said == {"We begin.", "The annex.", "We go on."} and {"contact", "take_back"} <= done


def test_what_was_delivered_stays_counted_once(case: Taken) -> None:
    contact(case, case.institution)
    back(case, case.lead)
    case.offer(case.other, now=SOON + HOUR)
    case.take(case.other, now=SOON + HOUR)
    contact(case, case.other, now=SOON + 2 * HOUR)
    give_answer(case.ticket, case.other, now=SOON + 3 * HOUR)
    confirm_ticket(
        actor=case.asker,
        ticket_id=case.ticket.id,
        level=5,
        verdict="solved",
        comment="",
        now=SOON + 4 * HOUR,
    )
    counted = db.session.execute(
        sa.select(UsageEntry.measure, UsageEntry.institution_id, sa.func.sum(UsageEntry.quantity))
        .where(UsageEntry.ticket_id == case.ticket.id)
        .group_by(UsageEntry.measure, UsageEntry.institution_id)
    )
    first, second = case.institution.institution_id, case.other.institution_id
    assert set(map(tuple, counted)) == {
        ("event", first, 1),
        ("event", second, 1),
        ("case", second, 1),
    }
    assert [one.what for one in prove(now=SOON + 5 * HOUR) if not one.holds] == []


def test_people_choose_who_goes_on_and_no_round_forestalls_them(case: Taken) -> None:
    back(case, case.lead)
    assert offer_waiting(now=SOON) == 0 and case.now().status == Status.ACCEPTED
    case.offer(case.institution, now=SOON)
    assert case.now().status == Status.DISPATCHED


def test_the_pool_asks_the_next_one_where_it_is_let(case: Taken) -> None:
    back(case, case.lead, ask_next=True)
    assert offer_waiting(now=SOON) == 1
    assert case.offers()[-1].institution_id == case.other.institution_id


def test_it_never_asks_the_same_one_again(case: Taken) -> None:
    back(case, case.lead, ask_next=True)
    offer_waiting(now=SOON)
    withdraw_offer(actor=case.member, ticket_id=case.ticket.id, reason="", ask_next=True, now=SOON)
    assert offer_waiting(now=SOON) == 0 and case.now().waiting_reason == "no_institution"
    assert offer_waiting(now=SOON) == 0


def test_all_who_have_to_do_with_it_hear_that_it_was_taken_back(case: Taken) -> None:
    back(case, case.lead)
    heard = {row.person_id: row for row in told(case.ticket, "case.taken_back")}
    heard = {who: row for who, row in heard.items() if row.kind == "case.taken_back"}
    assert set(heard) == {one.person_id for one in (case.asker, case.member, case.institution)}
    ours = heard[case.institution.person_id or 0]
    assert (ours.subject_kind, ours.subject_id) == ("offer", case.offers()[-1].id)
    assert heard[case.asker.person_id or 0].subject_kind is None

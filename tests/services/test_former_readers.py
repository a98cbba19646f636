"""Whoever had a case goes on reading it, at the station that had it too, and acts on it no more."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.access.permissions import Permission as P
from service_portal.access.policy import scope_of
from service_portal.assigning.handing import hand_over_to_station
from service_portal.assigning.services import assign_to
from service_portal.filing.changing_service import change_service
from service_portal.kernel.db import db
from service_portal.kernel.errors import Forbidden, Missing
from service_portal.tickets.lists import newest, numbered
from service_portal.tickets.models import Ticket
from service_portal.tickets.page import read_page
from service_portal.tickets.queries import lock_ticket, see_ticket
from service_portal.tickets.visibility import roles_of, visible_in
from service_portal.working.services import add_note
from tests.factories.directory import create_member, create_station
from tests.factories.tickets import TUESDAY
from tests.services.taken import Taken, accepted, taken, with_person

READ = (P.TICKET_VIEW, P.TICKET_CONVERSATION, P.TICKET_DECISIONS)


def handed_over(case: Taken) -> Actor:
    """Hand a case over to another station, and give its owner there."""
    there = create_station()
    member = create_member(station_id=there.id)
    owner = with_person(Role.STATION_MEMBER, station_id=there.id, member_id=member.id)
    member.person_id = owner.person_id
    hand_over_to_station(
        actor=case.member,
        ticket_id=case.ticket.id,
        station_id=there.id,
        reason="Their field.",
        now=TUESDAY,
    )
    return owner


@pytest.fixture
def case(db_session: None) -> Taken:
    """A case that its station has handed over to another one."""
    case = accepted()
    add_note(actor=case.member, ticket_id=case.ticket.id, body="Call at ten.", now=TUESDAY)
    return case


def test_its_former_owner_and_the_whole_station_read_it(case: Taken) -> None:
    handed_over(case)
    colleague = with_person(Role.STATION_MEMBER, station_id=case.member.station_id)
    for reader in (case.member, case.lead, colleague):
        seen = see_ticket(case.ticket.id, actor=reader)
        assert [permission for permission in P if seen.can(permission)] == [
            *(one for one in P if one in READ or scope_of(reader, one) == "zone")
        ]
    talk = read_page(case.ticket.id, actor=case.member, internal=True, decisions=False).talk
    assert "Call at ten." in {line.body for line in talk}


def test_they_act_on_it_no_more(case: Taken) -> None:
    handed_over(case)
    for permission in (P.TICKET_WORK, P.TICKET_NOTE, P.TICKET_MESSAGE, P.TICKET_HAND_OVER):
        with pytest.raises(Forbidden):
            lock_ticket(case.ticket.id, actor=case.member, permission=permission)


def test_a_former_owner_reads_it_from_another_station_too(case: Taken) -> None:
    colleague = create_member(station_id=case.member.station_id)
    assign_to(
        actor=case.lead,
        ticket_id=case.ticket.id,
        member_id=colleague.id,
        reason="She knows them.",
        now=TUESDAY,
    )
    moved = replace(case.member, station_id=create_station().id)
    assert see_ticket(case.ticket.id, actor=moved).can(P.TICKET_CONVERSATION)
    with pytest.raises(Missing):
        see_ticket(case.ticket.id, actor=replace(moved, member_id=None))


def test_what_got_another_service_is_read_on_where_it_was(case: Taken) -> None:
    change_service(
        actor=case.member,
        ticket_id=case.ticket.id,
        service="POL-01",
        answers={"policy_topic": "Machines", "question": "Which?"},
        reason="It is about subsidies.",
        now=TUESDAY,
    )
    assert case.now().station_id is None
    for reader in (case.member, case.lead):
        assert see_ticket(case.ticket.id, actor=reader).can(P.TICKET_CONVERSATION)


def test_nobody_else_reads_it(case: Taken) -> None:
    handed_over(case)
    other = taken()
    for stranger in (other.member, other.lead, other.institution):
        with pytest.raises(Missing):
            see_ticket(case.ticket.id, actor=stranger)


def test_a_case_that_comes_back_is_kept_once(case: Taken) -> None:
    owner = handed_over(case)
    for _ in range(2):
        for actor, to in ((owner, case.member), (case.member, owner)):
            hand_over_to_station(
                actor=actor,
                ticket_id=case.ticket.id,
                station_id=to.station_id or 0,
                reason="Back.",
                now=TUESDAY,
            )
    assert case.now().former_station_ids == [case.member.station_id, owner.station_id]


def test_it_is_found_by_its_number_and_stands_in_no_list(case: Taken) -> None:
    handed_over(case)
    reference = case.ticket.reference
    assert list(numbered(case.member, reference, now=TUESDAY)) == [case.ticket.id]
    assert newest(case.member, [], cursor=None, size=10) == []


def test_what_is_told_of_it_stays_in_their_bell(case: Taken) -> None:
    handed_over(case)
    other = taken()
    persons = [case.member.person_id, case.lead.person_id, other.member.person_id]
    readers = [
        person_id
        for person_id in persons
        if db.session.scalar(
            sa.select(Ticket.id).where(
                Ticket.id == case.ticket.id, visible_in(roles_of(sa.literal(person_id)))
            )
        )
    ]
    assert readers == persons[:2]

"""An institution gives a case back, and a station withdraws an offer that nobody has answered."""

from __future__ import annotations

import pytest

from service_portal.access.actor import Role
from service_portal.assigning.coming_back import withdraw_offer
from service_portal.assigning.offering import offer_waiting
from service_portal.kernel.errors import Forbidden, Missing
from service_portal.tickets.queries import see_ticket
from service_portal.tickets.rules import Status
from tests.services.alarms import told
from tests.services.taken import Taken, accepted, taken, with_person
from tests.services.turning import SOON, given_back


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


def test_giving_back_is_a_bounce_and_the_next_one_is_asked(case: Taken) -> None:
    given_back(case)
    ticket, (offer,) = case.now(), case.offers()
    assert (ticket.status, ticket.bounces, ticket.institution_id) == ("accepted", 1, None)
    assert (offer.state, offer.party, offer.ended_at) == ("given_back", "institution", SOON)
    assert offer_waiting(now=SOON) == 1
    assert case.offers()[-1].institution_id == case.other.institution_id


def test_after_the_second_bounce_the_lead_decides(case: Taken) -> None:
    given_back(case)
    offer_waiting(now=SOON)
    case.take(case.other, now=SOON)
    given_back(case, case.other)
    assert case.now().waiting_reason == "bounced_twice"
    assert offer_waiting(now=SOON) == 0


def test_only_the_lead_of_the_institution_that_has_it_gives_it_back(case: Taken) -> None:
    worker = with_person(Role.INSTITUTION_WORKER, institution_id=case.institution.institution_id)
    for reader in (worker, case.member, case.lead):
        with pytest.raises(Forbidden):
            given_back(case, reader)
    with pytest.raises(Missing):
        given_back(case, case.other)


def test_what_is_merely_offered_is_declined_and_not_given_back(offered: Taken) -> None:
    with pytest.raises(Forbidden):
        given_back(offered)


def test_an_owner_or_a_lead_withdraws_an_offer_and_nobody_else(offered: Taken) -> None:
    colleague = with_person(
        Role.STATION_MEMBER, station_id=offered.member.station_id, member_id=None
    )
    for reader in (colleague, offered.institution):
        with pytest.raises(Forbidden):
            withdraw_offer(actor=reader, ticket_id=offered.ticket.id, reason="", now=SOON)
    withdraw_offer(actor=offered.member, ticket_id=offered.ticket.id, reason="Wrong.", now=SOON)
    ticket, (offer,) = offered.now(), offered.offers()
    assert (ticket.status, ticket.bounces) == (Status.ACCEPTED, 0)
    assert (offer.state, offer.comment, offer.answered_at) == ("withdrawn", "Wrong.", SOON)
    assert [clock.outcome for clock in offered.clocks("offer")] == ["cancelled"]
    with pytest.raises(Missing):
        see_ticket(ticket.id, actor=offered.institution)


def test_a_withdrawn_offer_is_offered_again_by_hand(offered: Taken) -> None:
    withdraw_offer(actor=offered.lead, ticket_id=offered.ticket.id, reason="", now=SOON)
    assert offer_waiting(now=SOON) == 0
    offered.offer(offered.other, now=SOON)
    offered.take(offered.other, now=SOON)
    assert offered.now().institution_id == offered.other.institution_id


def test_the_institution_hears_that_its_offer_was_withdrawn(offered: Taken) -> None:
    withdraw_offer(actor=offered.lead, ticket_id=offered.ticket.id, reason="", now=SOON)
    heard = [row for row in told(offered.ticket, "offer.withdrawn") if row.subject_kind]
    assert [row.person_id for row in heard] == [offered.institution.person_id]
    assert heard[0].kind == "offer.withdrawn"

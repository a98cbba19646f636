"""Offers of one ticket side by side: each with its own clocks, and none with the ticket."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from service_portal.access.actor import SYSTEM, Actor, Role
from service_portal.access.permissions import Permission
from service_portal.assigning.answering import accept_offer, expire_offers
from service_portal.filing.services import withdraw_ticket
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing
from service_portal.reminding.models import Alarm
from service_portal.reminding.services import fire_due
from service_portal.sla.codes import ClockKind
from service_portal.tickets.clock_models import Clock
from service_portal.tickets.codes import OfferState
from service_portal.tickets.models import Offer, Ticket, TimelineEntry
from service_portal.tickets.page import read_page
from service_portal.tickets.parallel import end_offer, offer_side_by_side, take_up
from service_portal.tickets.queries import lock_ticket, see_ticket
from tests.factories.directory import create_institution
from tests.factories.tickets import TUESDAY, create_ticket, enterprise_actor

SOON = TUESDAY + timedelta(minutes=30)


@pytest.fixture
def owner(db_session: None) -> Actor:
    """Somebody who asks for a loan."""
    return enterprise_actor()


@pytest.fixture
def ticket(owner: Actor) -> Ticket:
    """A request for a loan."""
    return create_ticket("FIN-01", actor=owner)


@pytest.fixture
def offers(ticket: Ticket) -> list[Offer]:
    """Two banks are asked at once."""
    banks = [create_institution().id for _ in range(2)]
    return list(offer_side_by_side(ticket, banks, actor=SYSTEM, now=TUESDAY).values())


def of_bank(offer: Offer) -> Actor:
    """Give the lead of the institution that is asked."""
    return Actor(role=Role.INSTITUTION_LEAD, institution_id=offer.institution_id)


def clocks(offer: Offer) -> list[tuple[str, str | None]]:
    """Give the clocks of an offer by kind and outcome, in their order."""
    query = sa.select(Clock.kind, Clock.outcome).where(Clock.offer_id == offer.id)
    return [(row.kind, row.outcome) for row in db.session.execute(query.order_by(Clock.id))]


def test_each_has_a_clock_of_its_own(ticket: Ticket, offers: list[Offer]) -> None:
    one, other = offers
    take_up(ticket, one, now=SOON)
    assert clocks(one) == [("offer", "met"), ("decision", None)]
    assert clocks(other) == [("offer", None)]


def test_one_that_ends_leaves_the_others_alone(ticket: Ticket, offers: list[Offer]) -> None:
    one, other = offers
    end_offer(ticket, one, OfferState.WITHDRAWN, cancelled=True, now=SOON)
    assert clocks(one) == [("offer", "cancelled")]
    assert clocks(other) == [("offer", None)]


def test_its_clocks_are_none_of_the_tickets(ticket: Ticket, offers: list[Offer]) -> None:
    kinds = {
        clock.kind
        for clock in read_page(ticket.id, actor=SYSTEM, internal=True, decisions=False).clocks
    }
    assert ClockKind.OFFER not in kinds


def test_who_took_it_up_reads_the_request_and_nothing_else(
    ticket: Ticket, offers: list[Offer]
) -> None:
    take_up(ticket, offers[0], now=SOON)
    db.session.flush()
    seen = see_ticket(ticket.id, actor=of_bank(offers[0]))
    assert not seen.can(Permission.TICKET_CONVERSATION)
    assert not seen.can(Permission.TICKET_ANSWER)


def test_whose_offer_ended_reads_nothing_more(ticket: Ticket, offers: list[Offer]) -> None:
    end_offer(ticket, offers[0], OfferState.WITHDRAWN, cancelled=True, now=SOON)
    db.session.flush()
    with pytest.raises(Missing):
        see_ticket(ticket.id, actor=of_bank(offers[0]))
    assert see_ticket(ticket.id, actor=of_bank(offers[1]))


def test_nobody_takes_the_whole_ticket(offers: list[Offer]) -> None:
    with pytest.raises(Missing):
        accept_offer(actor=of_bank(offers[0]), offer_id=offers[0].id, now=SOON)


def test_none_is_passed_on_when_its_time_is_over(ticket: Ticket, offers: list[Offer]) -> None:
    assert expire_offers(now=TUESDAY + timedelta(days=30)) == 0


def test_a_withdrawn_request_runs_no_clock_of_theirs(
    owner: Actor, ticket: Ticket, offers: list[Offer]
) -> None:
    withdraw_ticket(actor=owner, ticket_id=ticket.id, reason="", now=SOON)
    assert {outcome for offer in offers for _kind, outcome in clocks(offer)} == {"cancelled"}


def test_each_is_reminded_of_its_own(ticket: Ticket, offers: list[Offer]) -> None:
    take_up(ticket, offers[0], now=SOON)
    db.session.flush()
    while fire_due(now=TUESDAY + timedelta(days=60)):
        pass
    named = db.session.scalars(
        sa.select(TimelineEntry.data["institution_id"].as_integer())
        .where(TimelineEntry.ticket_id == ticket.id, TimelineEntry.kind == "rung")
        .order_by(TimelineEntry.id)
    ).all()
    assert {offer.institution_id for offer in offers} <= set(named)
    late = db.session.scalars(
        sa.select(Alarm.rung).where(Alarm.ticket_id == ticket.id, Alarm.kind == "decision")
    )
    assert set(late) == {"yellow", "red", "level1"}


def test_its_lateness_is_not_the_tickets(ticket: Ticket, offers: list[Offer]) -> None:
    lock_ticket(ticket.id, actor=SYSTEM, permission=Permission.TICKET_WORK)
    db.session.execute(
        sa.update(Clock)
        .where(Clock.ticket_id == ticket.id, Clock.offer_id.is_(None))
        .values(stopped_at=TUESDAY, next_alarm_at=None, next_rung=None)
    )
    take_up(ticket, offers[0], now=SOON)
    db.session.flush()
    fire_due(now=TUESDAY + timedelta(days=60))
    assert db.session.get_one(Ticket, ticket.id).light == 0

"""How many live offers a ticket may have, which the database holds."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.kernel.db import constraint_of, db
from service_portal.kernel.errors import Missing
from service_portal.tickets.models import Offer, Ticket
from service_portal.tickets.queries import live_offer
from tests.factories.directory import create_institution
from tests.factories.tickets import TUESDAY, create_ticket


@pytest.fixture
def ticket(db_session: None) -> Ticket:
    """A ticket nobody was offered yet."""
    return create_ticket("LEG-02")


def offer(
    ticket: Ticket, institution_id: int, *, state: str = "offered", in_parallel: bool = False
) -> int:
    """Offer a ticket to an institution and give the offer's id."""
    made = Offer(
        ticket_id=ticket.id,
        enterprise_id=ticket.enterprise_id,
        institution_id=institution_id,
        state=state,
        offered_at=TUESDAY,
        in_parallel=in_parallel,
    )
    with db.session.begin_nested():
        db.session.add(made)
    return made.id


def refusal(ticket: Ticket, institution_id: int, in_parallel: bool = False) -> str | None:
    """Name the key that refuses another offer."""
    with pytest.raises(sa.exc.IntegrityError) as refused:
        offer(ticket, institution_id, in_parallel=in_parallel)
    return constraint_of(refused.value)


def test_a_ticket_has_one_live_offer(ticket: Ticket) -> None:
    offer(ticket, create_institution().id)
    assert refusal(ticket, create_institution().id) == "uq_offer_live_of_ticket"


def test_an_offer_that_ended_leaves_room_for_the_next(ticket: Ticket) -> None:
    offer(ticket, create_institution().id, state="declined")
    offer(ticket, create_institution().id)


def test_several_institutions_may_be_asked_at_once(ticket: Ticket) -> None:
    offers = [offer(ticket, create_institution().id, in_parallel=True) for _ in range(3)]
    assert len(set(offers)) == 3


def test_of_several_none_is_asked_twice(ticket: Ticket) -> None:
    institution_id = create_institution().id
    offer(ticket, institution_id, in_parallel=True)
    refused_by = refusal(ticket, institution_id, in_parallel=True)
    assert refused_by == "uq_offer_live_of_institution"


def test_an_institution_opens_its_own_offer_only(ticket: Ticket) -> None:
    one, other, third = (create_institution().id for _ in range(3))
    offers = {at: offer(ticket, at, in_parallel=True) for at in (one, other)}
    for institution_id, offer_id in offers.items():
        actor = Actor(role=Role.INSTITUTION_LEAD, institution_id=institution_id)
        assert live_offer(ticket.id, actor=actor) == {"loan_offer_id": offer_id}
    with pytest.raises(Missing):
        live_offer(ticket.id, actor=Actor(role=Role.INSTITUTION_LEAD, institution_id=third))

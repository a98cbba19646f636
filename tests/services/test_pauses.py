"""A pause is a segment of a clock: why it stood still and who was waited for, added once, ended
once, and never changed.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.assigning.answering import accept_offer
from service_portal.assigning.offering import offer_waiting
from service_portal.filing.services import resubmit_ticket, withdraw_ticket
from service_portal.kernel.db import db
from service_portal.resolving.services import answer_ticket
from service_portal.tickets.codes import PauseReason
from service_portal.tickets.models import Clock, ClockPause, Offer, Ticket
from service_portal.tickets.rules import WAITED_FOR
from service_portal.working.holding import hold_ticket, resume_ticket
from service_portal.working.services import accept_ticket, record_contact, return_ticket, start_work
from tests.factories.directory import create_institution
from tests.factories.tickets import TUESDAY, a_request, enterprise_actor
from tests.services.test_journey import routed_and_assigned
from tests.services.test_reminding_institutions import lead_of

HOUR = timedelta(hours=1)


def pauses_of(ticket: Ticket, kind: str = "resolve") -> list[ClockPause]:
    """List the pauses of a kind of promise on a ticket."""
    pauses = (
        sa.select(ClockPause)
        .join(Clock, Clock.id == ClockPause.clock_id)
        .where(Clock.ticket_id == ticket.id, Clock.kind == kind)
        .order_by(ClockPause.id)
    )
    return list(db.session.scalars(pauses.execution_options(populate_existing=True)))


def hold(ticket: Ticket, member: Actor, *, reason: str = "third_party", hours: int) -> None:
    """Pause a case."""
    hold_ticket(
        actor=member,
        ticket_id=ticket.id,
        reason_code=reason,
        words="the tax office",
        now=TUESDAY + hours * HOUR,
    )


@pytest.fixture
def worked_on(db_session: None) -> tuple[Ticket, Actor, Actor]:
    """A ticket in work since one hour after filing, with its owner and its asker."""
    asker = enterprise_actor()
    ticket, member = routed_and_assigned("POL-03", asker)
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY)
    start_work(actor=member, ticket_id=ticket.id, now=TUESDAY + HOUR)
    return ticket, member, asker


@pytest.mark.parametrize(
    ("reason", "party"), [("enterprise", "enterprise"), ("third_party", "zone")]
)
def test_a_pause_names_who_is_waited_for(
    worked_on: tuple[Ticket, Actor, Actor], reason: str, party: str
) -> None:
    ticket, member, _asker = worked_on
    hold(ticket, member, reason=reason, hours=2)
    resume_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY + 5 * HOUR)
    (pause,) = pauses_of(ticket)
    assert (pause.reason, pause.party) == (reason, party)
    assert (pause.from_at, pause.to_at) == (TUESDAY + 2 * HOUR, TUESDAY + 5 * HOUR)


def test_every_reason_has_its_party() -> None:
    assert set(WAITED_FOR) == set(PauseReason)


def test_what_the_former_release_pauses_gets_its_party_from_the_database(
    worked_on: tuple[Ticket, Actor, Actor],
) -> None:
    ticket, _member, _asker = worked_on
    insert = sa.text("""
        INSERT INTO clock_pause (clock_id, enterprise_id, from_at, reason)
        SELECT id, enterprise_id, :now, :reason FROM clock
        WHERE ticket_id = :ticket AND kind = 'resolve'
    """)
    for reason in PauseReason:
        db.session.execute(insert, {"now": TUESDAY, "reason": reason, "ticket": ticket.id})
    assert {pause.reason: pause.party for pause in pauses_of(ticket)} == WAITED_FOR


def test_a_case_withdrawn_while_it_waits_waits_no_longer(
    worked_on: tuple[Ticket, Actor, Actor],
) -> None:
    ticket, member, asker = worked_on
    hold(ticket, member, hours=2)
    withdraw_ticket(actor=asker, ticket_id=ticket.id, reason="", now=TUESDAY + 9 * HOUR)
    assert [pause.to_at for pause in pauses_of(ticket)] == [TUESDAY + 9 * HOUR]
    assert [pause.to_at for pause in pauses_of(ticket, "contact")] == [TUESDAY + 9 * HOUR]


def test_a_contact_while_the_case_waits_ends_the_pause_of_its_promise_alone(
    worked_on: tuple[Ticket, Actor, Actor],
) -> None:
    ticket, member, _asker = worked_on
    hold(ticket, member, hours=2)
    record_contact(
        actor=member,
        ticket_id=ticket.id,
        channel="phone",
        started_at=TUESDAY + 3 * HOUR,
        minutes=20,
        summary="Talked through what is missing.",
        evidence_note="call record 12",
        attendees=1,
        now=TUESDAY + 3 * HOUR,
    )
    assert [pause.to_at for pause in pauses_of(ticket, "contact")] == [TUESDAY + 3 * HOUR]
    assert [pause.to_at for pause in pauses_of(ticket)] == [None]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE clock_pause SET reason = 'enterprise'",
        "UPDATE clock_pause SET party = 'station'",
        "UPDATE clock_pause SET from_at = from_at - interval '1 day'",
        "UPDATE clock_pause SET to_at = to_at + interval '1 day'",
        "UPDATE clock_pause SET to_at = NULL",
    ],
)
def test_a_pause_that_is_over_stays_as_it_is(
    worked_on: tuple[Ticket, Actor, Actor], change: str
) -> None:
    ticket, member, _asker = worked_on
    hold(ticket, member, hours=2)
    resume_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY + 5 * HOUR)
    with pytest.raises(sa.exc.DBAPIError, match="ended once"):
        db.session.execute(sa.text(change))


def test_the_reason_of_a_pause_that_lasts_stays_as_it_is(
    worked_on: tuple[Ticket, Actor, Actor],
) -> None:
    ticket, member, _asker = worked_on
    hold(ticket, member, hours=2)
    with pytest.raises(sa.exc.DBAPIError, match="ended once"):
        db.session.execute(sa.text("UPDATE clock_pause SET reason = 'enterprise', to_at = from_at"))


# Where the time of one case went: what stands still lies with whom its pauses name, what runs with
# the institution that took it, else with the station.
_DAYS = sa.text("""
    WITH run AS (
        SELECT c.id, c.ticket_id, c.started_at, c.stopped_at, o.answered_at AS taken_at
        FROM clock AS c
        LEFT JOIN offer AS o ON o.ticket_id = c.ticket_id AND o.state = 'accepted'
        WHERE c.ticket_id = :ticket AND c.kind = 'resolve'
    ), edge AS (
        SELECT id, started_at AS at, 'station' AS party FROM run
        UNION ALL SELECT id, taken_at, 'institution' FROM run WHERE taken_at IS NOT NULL
        UNION ALL SELECT clock_id, from_at, p.party FROM clock_pause AS p
            JOIN run ON run.id = p.clock_id
        UNION ALL SELECT clock_id, to_at,
            CASE WHEN to_at >= taken_at THEN 'institution' ELSE 'station' END
        FROM clock_pause AS p JOIN run ON run.id = p.clock_id
    ), stretch AS (
        SELECT party, coalesce(lead(at) OVER (PARTITION BY edge.id ORDER BY at), stopped_at) - at
            AS took
        FROM edge JOIN run ON run.id = edge.id
    )
    SELECT party, sum(took) AS took FROM stretch GROUP BY party
""")


def test_clocks_and_pauses_say_where_the_days_of_a_case_went(db_session: None) -> None:
    asker, institution = enterprise_actor(), create_institution(services=("LEG-02",), answers=False)
    lead, _ = lead_of(institution)
    ticket, member = routed_and_assigned("LEG-02", asker)
    return_ticket(actor=member, ticket_id=ticket.id, words="The contract.", now=TUESDAY + 3 * HOUR)
    resubmit_ticket(actor=asker, ticket_id=ticket.id, request=a_request(), now=TUESDAY + 10 * HOUR)
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY + 11 * HOUR)
    assert offer_waiting(now=TUESDAY + 12 * HOUR) == 1
    offer = db.session.scalars(sa.select(Offer).where(Offer.ticket_id == ticket.id)).one()
    accept_offer(actor=lead, offer_id=offer.id, now=TUESDAY + 14 * HOUR)
    hold(ticket, member, hours=20)
    resume_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY + 50 * HOUR)
    answer_ticket(
        actor=member,
        ticket_id=ticket.id,
        body="Done.",
        outcome="resolved",
        channel="document",
        minutes=0,
        evidence_note="slip",
        now=TUESDAY + 55 * HOUR,
    )
    took = {row.party: row.took for row in db.session.execute(_DAYS, {"ticket": ticket.id})}
    assert took == {
        "station": (3 + 4) * HOUR,
        "enterprise": 7 * HOUR,
        "institution": (6 + 5) * HOUR,
        "zone": 30 * HOUR,
    }

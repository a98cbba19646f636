"""A case goes to a colleague or to another station, and is never nobody's."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.assigning.handing import hand_over_to_station
from service_portal.assigning.services import assign_to
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Forbidden, Refused
from service_portal.tickets.models import Decision, TimelineEntry
from service_portal.working.services import accept_ticket, start_work
from tests.factories.directory import create_member, create_station
from tests.factories.tickets import TUESDAY, enterprise_actor
from tests.services.cases import give_answer, open_assignments, outcomes
from tests.services.test_journey import events_of, fresh, kinds_of, routed_and_assigned

HOUR = timedelta(hours=1)


def test_a_member_gives_their_own_case_to_a_colleague_with_room(db_session: None) -> None:
    ticket, member = routed_and_assigned("POL-03")
    colleague, full, stranger = (
        create_member(),
        create_member(capacity_points=0),
        create_member(station_id=create_station().id),
    )
    for to, reason, field in (
        (colleague, "", "reason"),
        (full, "You know them.", "member_id"),
        (stranger, "You know them.", "member_id"),
    ):
        with pytest.raises(Refused) as refused:
            assign_to(
                actor=member, ticket_id=ticket.id, member_id=to.id, reason=reason, now=TUESDAY
            )
        assert refused.value.field == field and open_assignments(ticket) == [member.member_id]
    assign_to(
        actor=member,
        ticket_id=ticket.id,
        member_id=colleague.id,
        reason="You know them.",
        now=TUESDAY,
    )
    assert (fresh(ticket).owner_id, open_assignments(ticket)) == (colleague.id, [colleague.id])
    with pytest.raises(Forbidden):
        assign_to(
            actor=member,
            ticket_id=ticket.id,
            member_id=member.member_id or 0,
            reason="Give it back.",
            now=TUESDAY,
        )
    lead = Actor(role=Role.STATION_LEAD, station_id=ticket.station_id, name="Lead")
    assign_to(
        actor=lead, ticket_id=ticket.id, member_id=full.id, reason="It must be you.", now=TUESDAY
    )
    words = db.session.scalars(
        sa.select(Decision.words_en)
        .where(Decision.ticket_id == ticket.id)
        .order_by(Decision.id.desc())
    ).first()
    assert words is not None and "over capacity" in words


def test_a_case_given_away_is_never_nobodys(db_session: None) -> None:
    asker = enterprise_actor()
    ticket, member = routed_and_assigned("POL-03", asker)
    here, there = ticket.station_id, create_station()
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            hand_over_to_station(
                actor=member,
                ticket_id=ticket.id,
                station_id=there.id,
                reason="Their field.",
                now=TUESDAY,
            )
        assert refused.value.field == "station_id" and "It stays where it is" in str(
            refused.value.message
        )
        db.session.refresh(ticket)
        assert (ticket.station_id, ticket.owner_id, open_assignments(ticket)) == (
            here,
            member.member_id,
            [member.member_id],
        ), "the first receiver has it"
        create_member(station_id=there.id, on_duty=False)
    able = create_member(station_id=there.id)
    hand_over_to_station(
        actor=member,
        ticket_id=ticket.id,
        station_id=there.id,
        reason="Their field.",
        now=TUESDAY + HOUR,
    )
    ticket = fresh(ticket)
    assert (ticket.station_id, ticket.owner_id, open_assignments(ticket)) == (
        there.id,
        able.id,
        [able.id],
    )
    assert kinds_of(ticket)[-2:] == ["hand_over", "assign"] and "ticket.handed_over" in events_of(
        ticket
    )
    assert outcomes(ticket) == {None}, "the enterprise's clock runs on"
    with pytest.raises(Forbidden):
        hand_over_to_station(
            actor=member,
            ticket_id=ticket.id,
            station_id=here or 0,
            reason="Back.",
            now=TUESDAY + HOUR,
        )


def test_a_hand_over_names_nobody_for_whom_the_rule_chose(db_session: None) -> None:
    ticket, member = routed_and_assigned("POL-03")
    there = create_station()
    create_member(station_id=there.id)
    hand_over_to_station(
        actor=member,
        ticket_id=ticket.id,
        station_id=there.id,
        reason="Theirs.",
        now=TUESDAY + HOUR,
    )
    lines = sa.select(TimelineEntry.kind, TimelineEntry.actor_role)
    lines = lines.where(TimelineEntry.ticket_id == ticket.id).order_by(TimelineEntry.id.desc())
    assert [tuple(row) for row in db.session.execute(lines.limit(2))] == [
        ("assign", "system"),
        ("hand_over", str(member.role)),
    ]


def test_what_cant_be_handed_over(db_session: None) -> None:
    ticket, member = routed_and_assigned("POL-03")
    there = create_station()
    create_member(station_id=there.id)
    for station_id, reason, field in (
        (there.id, "", "reason"),
        (0, "x", "station_id"),
        (ticket.station_id, "x", "station_id"),
    ):
        with pytest.raises(Refused) as refused:
            hand_over_to_station(
                actor=member,
                ticket_id=ticket.id,
                station_id=station_id or 0,
                reason=reason,
                now=TUESDAY,
            )
        assert refused.value.field == field
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY)
    start_work(actor=member, ticket_id=ticket.id, now=TUESDAY)
    give_answer(ticket, member)
    with pytest.raises(Conflict):
        hand_over_to_station(
            actor=member, ticket_id=ticket.id, station_id=there.id, reason="Too late.", now=TUESDAY
        )

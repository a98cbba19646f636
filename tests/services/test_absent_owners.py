"""Cases never fall silent: those of a member who left go back to the queue, those of an absent one
are on the lead's board, and no ticket stops a round.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.assigning.desks import cases_of_absent, waiting_for_someone
from service_portal.assigning.services import assign_waiting, release_left
from service_portal.directory.models import Absence, Member, Station, StationCoverage
from service_portal.events.models import OutboxRow
from service_portal.kernel.db import db
from service_portal.notifications.models import Notification
from service_portal.notifications.services import tell
from service_portal.resolving.services import answer_ticket
from service_portal.routing.services import route_waiting
from service_portal.sla.services import add_calendar, change_calendar, change_day
from service_portal.tickets.models import Assignment, Decision, Ticket, TimelineEntry
from service_portal.working.services import accept_ticket, start_work
from tests.factories.accounts import create_person
from tests.factories.directory import create_enterprise, create_member, park, station
from tests.factories.tickets import TUESDAY, create_ticket, enterprise_actor

HOUR = timedelta(hours=1)


def fresh(ticket: Ticket) -> Ticket:
    """Read the ticket again."""
    return db.session.get_one(Ticket, ticket.id, populate_existing=True)


def owned_by(member: Member) -> Ticket:
    """File a ticket that a member gets."""
    ticket = create_ticket("POL-03")
    route_waiting(now=TUESDAY)
    assign_waiting(now=TUESDAY)
    assert fresh(ticket).owner_id == member.id
    return ticket


def test_a_case_of_somebody_who_left_finds_the_next_owner_in_the_same_round(
    db_session: None,
) -> None:
    leaving = create_member()
    ticket = owned_by(leaving)
    leaving.active = False
    staying = create_member()
    assert assign_waiting(now=TUESDAY + HOUR) == 1
    assert fresh(ticket).owner_id == staying.id
    lines = db.session.execute(
        sa.select(TimelineEntry.kind, TimelineEntry.audience, TimelineEntry.data)
        .where(TimelineEntry.ticket_id == ticket.id)
        .order_by(TimelineEntry.id)
    ).all()
    assert [line.kind for line in lines][-3:] == ["assign", "release", "assign"]
    assert lines[-2].audience == "staff" and lines[-2].data == {"member_id": leaving.id}
    held = db.session.execute(
        sa.select(Assignment.member_id, Assignment.to_at)
        .where(Assignment.ticket_id == ticket.id)
        .order_by(Assignment.id)
    ).all()
    assert [(row.member_id, row.to_at) for row in held] == [
        (leaving.id, TUESDAY + HOUR),
        (staying.id, None),
    ]


def test_a_case_nobody_else_can_take_waits_visibly_with_an_alert(db_session: None) -> None:
    leaving = create_member()
    ticket = owned_by(leaving)
    leaving.active = False
    db.session.flush()
    assert assign_waiting(now=TUESDAY + HOUR) == 0
    assert (fresh(ticket).owner_id, fresh(ticket).waiting_reason) == (None, "no_member")
    assert (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(OutboxRow)
            .where(OutboxRow.ticket_id == ticket.id, OutboxRow.event == "ticket.unassignable")
        )
        == 1
    )
    assert ticket.id in {row.id for row in waiting_for_someone(station().id)}


def test_what_waits_for_the_enterprise_stays_until_it_has_answered(db_session: None) -> None:
    leaving = create_member()
    ticket = owned_by(leaving)
    actor = Actor(
        role=Role.STATION_MEMBER, member_id=leaving.id, station_id=leaving.station_id, name="Chen"
    )
    accept_ticket(actor=actor, ticket_id=ticket.id, now=TUESDAY)
    start_work(actor=actor, ticket_id=ticket.id, now=TUESDAY)
    answer_ticket(
        actor=actor,
        ticket_id=ticket.id,
        body="Done as asked.",
        outcome="resolved",
        channel="phone",
        minutes=20,
        evidence_note="Notes of the call",
        now=TUESDAY + HOUR,
    )
    leaving.active = False
    db.session.flush()
    assert release_left(now=TUESDAY + HOUR) == 0 and fresh(ticket).owner_id == leaving.id


@pytest.mark.parametrize(
    ("why", "values"),
    [
        ("absent", {}),
        ("off_duty", {"on_duty": False}),
        ("no_account", {"person_id": None}),
        ("off_duty", {"locked_out": True}),
    ],
)
def test_the_board_lists_cases_whose_owner_is_away(
    db_session: None, why: str, values: dict[str, Any]
) -> None:
    person = create_person()
    owner = create_member(person_id=person.id)
    ticket = owned_by(owner)
    assert not cases_of_absent(station().id, TUESDAY)
    if values.pop("locked_out", False):
        person.active = False
    for name, value in values.items():
        setattr(owner, name, value)
    if why == "absent":
        db.session.add(
            Absence(member_id=owner.id, from_at=TUESDAY - HOUR, to_at=TUESDAY + HOUR, reason="")
        )
    db.session.flush()
    (row,) = cases_of_absent(station().id, TUESDAY)
    assert (row.id, row.why, row.owner_en) == (ticket.id, why, owner.name_en)
    assert cases_of_absent(None, TUESDAY) and not cases_of_absent(station("ST05").id, TUESDAY)
    assert len(cases_of_absent(station().id, TUESDAY + 2 * HOUR)) == (0 if why == "absent" else 1)


def test_a_person_who_may_not_sign_in_gets_no_case(db_session: None) -> None:
    create_member(person_id=create_person(active=False).id)
    ticket = create_ticket("POL-03")
    route_waiting(now=TUESDAY)
    assert assign_waiting(now=TUESDAY) == 0
    assert (
        "off duty"
        in db.session.scalars(
            sa.select(Decision.words_en).where(
                Decision.ticket_id == ticket.id, Decision.kind == "assign"
            )
        ).one()
    )


def test_days_off_of_a_members_own_calendar_bring_no_cases(db_session: None) -> None:
    calendar_id = add_calendar(code="half", name_en="Monday to Wednesday", name_zh="周一至周三").id
    change_calendar(
        calendar_id, weekly={str(day): [(540, 1020)] if day < 3 else [] for day in range(7)}
    )
    create_member(calendar_id=calendar_id)
    thursday = TUESDAY + timedelta(days=2)
    ticket = create_ticket("POL-03")
    route_waiting(now=TUESDAY)
    assert assign_waiting(now=thursday) == 0
    assert (
        "1 on a day off"
        in db.session.scalars(
            sa.select(Decision.words_en).where(
                Decision.ticket_id == ticket.id, Decision.kind == "assign"
            )
        ).one()
    )
    change_day(calendar_id, thursday.date(), working=True)
    assert assign_waiting(now=thursday) == 1
    change_day(calendar_id, TUESDAY.date(), working=False)
    create_ticket("POL-03")
    route_waiting(now=TUESDAY)
    assert assign_waiting(now=TUESDAY) == 0, "a dated day off counts as one"


def test_a_ticket_without_any_station_waits_visibly_and_the_others_go_on(db_session: None) -> None:
    # The database refuses to switch headquarters off, so the worst is made by taking the mark away.
    db.session.execute(sa.update(Station).values(is_headquarters=False))
    db.session.execute(sa.delete(StationCoverage).where(StationCoverage.park_id == park("SD").id))
    manager = create_person()
    db.session.execute(
        sa.text("INSERT INTO membership (person_id, role) VALUES (:id, 'manager')"),
        {"id": manager.id},
    )
    lost = create_ticket(
        "POL-03", actor=enterprise_actor(create_enterprise(park_id=park("SD").id).id)
    )
    fine = create_ticket("POL-03")
    assert route_waiting(now=TUESDAY) == 1
    assert fresh(fine).station_id == station().id
    assert (fresh(lost).station_id, fresh(lost).waiting_reason) == (None, "no_station")
    assert route_waiting(now=TUESDAY) == 0
    alerts = db.session.scalars(
        sa.select(OutboxRow).where(
            OutboxRow.ticket_id == lost.id, OutboxRow.event == "ticket.unassignable"
        )
    ).all()
    assert len(alerts) == 1, "one alert, not one for each round"
    assert (
        "no headquarters is in use"
        in db.session.scalars(
            sa.select(Decision.words_en).where(Decision.ticket_id == lost.id)
        ).one()
    )
    assert lost.id in {row.id for row in waiting_for_someone(None)} and lost.id not in {
        row.id for row in waiting_for_someone(station().id)
    }

    from service_portal.events import inbox

    tell(inbox.claim("notifications.tell", limit=50), now=TUESDAY, host="localhost")
    assert (
        db.session.scalar(
            sa.select(Notification.kind).where(
                Notification.person_id == manager.id,
                Notification.channel == "app",
                Notification.ticket_id == lost.id,
            )
        )
        == "ticket.unassignable"
    )

    db.session.execute(
        sa.update(Station).where(Station.code == "ST01").values(is_headquarters=True)
    )
    assert route_waiting(now=TUESDAY) == 1
    assert (fresh(lost).station_id, fresh(lost).waiting_reason) == (station("ST01").id, None)

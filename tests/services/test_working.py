"""Acts on a case beyond the straight way, from refusing it to archiving it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.assigning import queries
from service_portal.assigning.handing import hand_over_to_station
from service_portal.assigning.offering import offer_to, offer_waiting
from service_portal.assigning.services import assign_to, assign_waiting
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Forbidden, Missing, Refused
from service_portal.ledger.models import UsageEntry
from service_portal.resolving.services import (
    answer_ticket,
    archive_closed,
    close_silent,
    confirm_ticket,
    rate_ticket,
    reopen_ticket,
)
from service_portal.routing.services import route_waiting
from service_portal.tickets.clock_models import Clock
from service_portal.tickets.models import Assignment, Decision, Offer, Rating, Ticket, TimelineEntry
from service_portal.tickets.rules import Status
from service_portal.working.services import (
    accept_ticket,
    merge_ticket,
    post_message,
    refuse_ticket,
    start_work,
)
from tests.factories.directory import create_institution, create_member, create_station
from tests.factories.tickets import TUESDAY, create_ticket, enterprise_actor
from tests.services.test_journey import (
    events_of,
    fresh,
    kinds_of,
    member_actor,
    routed_and_assigned,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANSWER = {
    "body": "Done, see the slip.",
    "outcome": "resolved",
    "channel": "message",
    "minutes": 0,
    "evidence_note": "slip",
}


def open_assignments(ticket: Ticket) -> list[int]:
    """List whose the ticket is now."""
    return list(
        db.session.scalars(
            sa.select(Assignment.member_id).where(
                Assignment.ticket_id == ticket.id, Assignment.to_at.is_(None)
            )
        )
    )


def outcomes(ticket: Ticket) -> set[str | None]:
    """Give how the ticket's clocks ended; None is one that runs."""
    return set(db.session.scalars(sa.select(Clock.outcome).where(Clock.ticket_id == ticket.id)))


def closed(asker: Actor, *, level: int | None = 5) -> tuple[Ticket, Actor]:
    """Take a ticket to its end on Tuesday; without a level, the enterprise says nothing of it."""
    ticket, member = routed_and_assigned("POL-03", asker)
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY)
    start_work(actor=member, ticket_id=ticket.id, now=TUESDAY)
    answer_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY, **ANSWER)
    confirm_ticket(
        actor=asker,
        ticket_id=ticket.id,
        level=level,
        verdict="solved" if level else None,
        comment="",
        now=TUESDAY,
    )
    return fresh(ticket), member


def test_refused_for_a_reason_it_is_over_and_counts_nowhere(db_session: None) -> None:
    asker = enterprise_actor()
    ticket, member = routed_and_assigned("POL-03", asker)
    for code, words, field in (("dislike", "No.", "reason_code"), ("in_court", "", "words")):
        with pytest.raises(Refused) as refused:
            refuse_ticket(
                actor=member, ticket_id=ticket.id, reason_code=code, words=words, now=TUESDAY
            )
        assert refused.value.field == field and fresh(ticket).status == Status.SUBMITTED
    with pytest.raises(Forbidden):
        refuse_ticket(
            actor=asker,
            ticket_id=ticket.id,
            reason_code="in_court",
            words="It is before the court.",
            now=TUESDAY,
        )
    refuse_ticket(
        actor=member,
        ticket_id=ticket.id,
        reason_code="in_court",
        words="It is before the court.",
        now=TUESDAY,
    )
    ticket = fresh(ticket)
    assert (ticket.status, ticket.closed_at, ticket.next_due_at) == (
        Status.NOT_ACCEPTED,
        TUESDAY,
        None,
    )
    assert outcomes(ticket) == {"met", "cancelled"} and open_assignments(ticket) == []
    assert (
        "ticket.not_accepted" in events_of(ticket)
        and db.session.scalar(sa.select(sa.func.count()).select_from(UsageEntry)) == 0
    )
    with pytest.raises(Conflict):
        refuse_ticket(
            actor=member, ticket_id=ticket.id, reason_code="in_court", words="Again.", now=TUESDAY
        )


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
    with pytest.raises(Missing):
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
    answer_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY, **ANSWER)
    with pytest.raises(Conflict):
        hand_over_to_station(
            actor=member, ticket_id=ticket.id, station_id=there.id, reason="Too late.", now=TUESDAY
        )


def test_a_duplicate_goes_on_in_the_other_and_counts_nowhere(db_session: None) -> None:
    asker = enterprise_actor()
    master, member = routed_and_assigned("POL-03", asker)
    twin = create_ticket("POL-03", actor=asker)
    route_waiting(now=TUESDAY)
    assign_waiting(now=TUESDAY)
    accept_ticket(actor=member, ticket_id=twin.id, now=TUESDAY)
    other = create_ticket("POL-03")
    for into in (twin.reference, other.reference, "NH-2020-99999", ""):
        with pytest.raises(Refused) as refused:
            merge_ticket(actor=member, ticket_id=twin.id, into=into, now=TUESDAY)
        assert refused.value.field == "into"
    merge_ticket(actor=member, ticket_id=twin.id, into=master.reference.lower(), now=TUESDAY + HOUR)
    twin, master = fresh(twin), fresh(master)
    assert (twin.status, twin.merged_into_id, twin.closed_at, twin.next_due_at) == (
        Status.MERGED,
        master.id,
        TUESDAY + HOUR,
        None,
    )
    assert (
        master.status == Status.SUBMITTED
        and kinds_of(twin)[-1] == "merge"
        and kinds_of(master)[-1] == "merge_in"
    )
    assert (
        outcomes(twin) == {"met", "cancelled"}
        and open_assignments(twin) == []
        and events_of(twin)[-1] == "ticket.merged"
    )
    assert db.session.scalar(sa.select(sa.func.count()).select_from(UsageEntry)) == 0
    with pytest.raises(Refused):
        post_message(actor=asker, ticket_id=twin.id, body="Hello?", now=TUESDAY + HOUR)
    with pytest.raises(Refused):
        merge_ticket(actor=member, ticket_id=master.id, into=twin.reference, now=TUESDAY + HOUR)


def test_silence_closes_after_working_days_and_is_not_satisfaction(db_session: None) -> None:
    ticket, member = routed_and_assigned("POL-03")
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY)
    start_work(actor=member, ticket_id=ticket.id, now=TUESDAY)
    answer_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY, **ANSWER)
    fifth = TUESDAY + timedelta(days=7, hours=7, minutes=30)
    assert (
        close_silent(working_days=5, now=fifth - timedelta(minutes=1)) == 0
        and fresh(ticket).status == Status.ANSWERED
    )
    assert (
        close_silent(working_days=5, now=fifth) == 1
        and close_silent(working_days=5, now=fifth) == 0
    )
    rating = db.session.scalars(sa.select(Rating).where(Rating.ticket_id == ticket.id)).one()
    assert (fresh(ticket).status, rating.source, rating.level, rating.verdict) == (
        Status.CLOSED,
        "none",
        None,
        None,
    )
    assert kinds_of(ticket)[-1] == "auto_close" and open_assignments(ticket) == []


def test_who_was_silent_may_still_rate(db_session: None) -> None:
    asker = enterprise_actor()
    ticket, _member = closed(asker, level=None)
    rate_ticket(
        actor=asker,
        ticket_id=ticket.id,
        level=2,
        verdict="not_solved",
        comment="Slow.",
        now=TUESDAY + DAY,
    )
    rating = db.session.scalars(
        sa.select(Rating)
        .where(Rating.ticket_id == ticket.id)
        .execution_options(populate_existing=True)
    ).one()
    assert (rating.level, rating.verdict, rating.source) == (2, "not_solved", "enterprise")


def test_a_closed_ticket_opens_again_within_the_window_only(db_session: None) -> None:
    asker = enterprise_actor()
    ticket, member = closed(asker)
    over = TUESDAY + timedelta(days=30, seconds=1)
    with pytest.raises(Refused) as refused:
        reopen_ticket(
            actor=asker, ticket_id=ticket.id, reason="It came back.", window_days=30, now=over
        )
    assert "30 days" in str(refused.value.message) and fresh(ticket).status == Status.CLOSED
    with pytest.raises(Refused):
        reopen_ticket(actor=asker, ticket_id=ticket.id, reason="", window_days=30, now=TUESDAY)
    reopen_ticket(
        actor=asker,
        ticket_id=ticket.id,
        reason="It came back.",
        window_days=30,
        now=TUESDAY + timedelta(days=30),
    )
    ticket = fresh(ticket)
    assert (ticket.status, ticket.cycle, ticket.closed_at, open_assignments(ticket)) == (
        Status.IN_PROGRESS,
        2,
        None,
        [member.member_id],
    )


def test_what_cant_be_opened_again_is_archived(db_session: None) -> None:
    asker = enterprise_actor()
    ticket, _member = closed(asker)
    young, member = routed_and_assigned("POL-03", asker)
    assert archive_closed(window_days=30, now=TUESDAY + timedelta(days=30)) == 0
    over = TUESDAY + timedelta(days=30, seconds=1)
    assert (
        archive_closed(window_days=30, now=over) == 1
        and archive_closed(window_days=30, now=over) == 0
    )
    ticket = fresh(ticket)
    assert (ticket.status, fresh(young).status, kinds_of(ticket)[-1]) == (
        Status.ARCHIVED,
        Status.SUBMITTED,
        "archive",
    )
    line = db.session.scalars(
        sa.select(TimelineEntry).where(
            TimelineEntry.ticket_id == ticket.id, TimelineEntry.kind == "archive"
        )
    ).one()
    assert (line.from_status, line.to_status, line.audience) == ("closed", "archived", "staff")
    for act in (
        lambda: reopen_ticket(
            actor=asker, ticket_id=ticket.id, reason="x", window_days=30, now=over
        ),
        lambda: post_message(actor=asker, ticket_id=ticket.id, body="x", now=over),
    ):
        with pytest.raises(Refused):
            act()
    assert member.member_id is not None


def accepted(
    consent: bool = True,
    *,
    urgent: bool = False,
    service: str = "LEG-02",
    member: Actor | None = None,
) -> tuple[Ticket, Actor]:
    """File a ticket of the pool and accept it."""
    if member is None:
        member = member_actor(create_member(capacity_points=500))
    ticket = create_ticket(service, consent=consent, urgent=urgent)
    route_waiting(now=TUESDAY)
    assign_waiting(now=TUESDAY)
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY)
    return fresh(ticket), member


def test_without_consent_no_institution_reads_it(db_session: None) -> None:
    institution = create_institution(services=("LEG-02",))
    ticket, member = accepted(consent=False)
    assert offer_waiting(now=TUESDAY) == 0
    with pytest.raises(Refused) as refused:
        offer_to(
            actor=member,
            ticket_id=ticket.id,
            institution_id=institution.id,
            reason="They know it.",
            now=TUESDAY,
        )
    assert (
        refused.value.field == "agreed"
        and db.session.scalar(sa.select(sa.func.count()).select_from(Offer)) == 0
    )
    offer_to(
        actor=member,
        ticket_id=ticket.id,
        institution_id=institution.id,
        reason="They know it.",
        now=TUESDAY,
        agreed=True,
    )
    assert fresh(ticket).consent and kinds_of(ticket)[-2:] == ["consent", "dispatch"]


def test_without_consent_the_station_does_it_itself(db_session: None) -> None:
    ticket, member = accepted(consent=False)
    start_work(actor=member, ticket_id=ticket.id, now=TUESDAY)
    assert fresh(ticket).status == Status.IN_PROGRESS and not fresh(ticket).consent


def test_tickets_nobody_delivers_do_not_starve_the_others(db_session: None) -> None:
    stuck, member = accepted()
    more = [accepted(member=member)[0] for _ in range(3)]
    assert offer_waiting(now=TUESDAY) == 0 and fresh(stuck).waiting_reason == "no_institution"
    create_institution(services=("TST-01",))
    late, _ = accepted(service="TST-01", member=member)
    urgent, _ = accepted(service="TST-01", urgent=True, member=member)
    assert [row.id for row in queries.lock_unoffered(1)] == [urgent.id], (
        "new ones before stuck ones, urgent ones before older ones"
    )
    assert offer_waiting(now=TUESDAY, limit=1) == 1 and fresh(urgent).status == Status.DISPATCHED
    assert offer_waiting(now=TUESDAY, limit=1) == 1 and fresh(late).status == Status.DISPATCHED
    create_institution(services=("LEG-02",))
    assert offer_waiting(now=TUESDAY) == 4, "who was stuck is looked at again"
    assert {fresh(one).status for one in (stuck, *more)} == {Status.DISPATCHED}

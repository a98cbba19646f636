"""A case ends: refused, merged, closed by silence, opened again within the window, archived."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.assigning.services import assign_waiting
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Forbidden, Refused
from service_portal.ledger.models import UsageEntry
from service_portal.resolving.archiving import archive_closed
from service_portal.resolving.services import (
    close_silent,
    confirm_ticket,
    rate_ticket,
    reopen_ticket,
)
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import Rating, Ticket, TimelineEntry
from service_portal.tickets.rules import Status
from service_portal.working.merging import merge_ticket
from service_portal.working.services import (
    accept_ticket,
    post_message,
    refuse_ticket,
    start_work,
)
from tests.factories.tickets import TUESDAY, create_ticket, enterprise_actor
from tests.services.cases import give_answer, open_assignments, outcomes
from tests.services.test_journey import events_of, fresh, kinds_of, routed_and_assigned

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def closed(asker: Actor, *, level: int | None = 5) -> tuple[Ticket, Actor]:
    """Take a ticket to its end on Tuesday; without a level, the enterprise says nothing of it."""
    ticket, member = routed_and_assigned("POL-03", asker)
    accept_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY)
    start_work(actor=member, ticket_id=ticket.id, now=TUESDAY)
    give_answer(ticket, member)
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
    give_answer(ticket, member)
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

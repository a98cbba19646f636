"""A request filed under the wrong service goes on under the right one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.assigning.services import assign_waiting
from service_portal.catalogue.queries import get_service
from service_portal.counting.queries import prove
from service_portal.events.models import OutboxRow
from service_portal.filing.changing_service import change_service, known_answers, promised
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Forbidden, Refused
from service_portal.ledger.models import UsageEntry
from service_portal.routing.services import route_waiting
from service_portal.sla.business_time import Limit
from service_portal.sla.queries import calendar_for
from service_portal.tickets.models import Assignment, Clock, Ticket, TimelineEntry
from service_portal.working.holding import hold_ticket, resume_ticket
from service_portal.working.services import record_contact
from tests.factories.directory import create_institution
from tests.factories.tickets import TUESDAY
from tests.services.test_journey import fresh
from tests.services.test_pauses import HOUR, worked_on

__all__ = ["worked_on"]

WorkedOn = tuple[Ticket, Actor, Actor]
OTHER = "POL-02"


def change(ticket: Ticket, member: Actor, *, hours: float = 3, **said: Any) -> Ticket:
    """Change the service of a case some hours after it was filed."""
    usual: dict[str, Any] = {
        "service": OTHER,
        "answers": {},
        "reason": "It is a check.",
    }
    return change_service(
        actor=member,
        ticket_id=ticket.id,
        now=TUESDAY + hours * HOUR,
        **{**usual, **said},
    )


def runs(ticket: Ticket, kind: str) -> list[Clock]:
    """List the runs of a promise, the oldest first."""
    wanted = sa.select(Clock).where(Clock.ticket_id == ticket.id, Clock.kind == kind)
    ordered = wanted.order_by(Clock.id).execution_options(populate_existing=True)
    return list(db.session.scalars(ordered))


def promised_by(code: str, *, since: datetime) -> datetime:
    """Give when a service promises its answer to what was filed at a moment."""
    service = get_service(code)
    assert service is not None
    promise = service.definition.limits["resolve"]
    return calendar_for()[1].deadline(since, Limit(promise.amount, promise.unit))


def test_it_starts_again_under_the_other_service(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    change(ticket, member, answers={"headcount": "12"})
    now = fresh(ticket)
    chosen = get_service(OTHER)
    assert chosen is not None
    assert (now.status, now.service_code, now.category_code) == ("submitted", OTHER, "POL")
    assert (now.service_version_id, now.answers) == (chosen.version_id, {"headcount": "12"})
    assert (now.station_id, now.owner_id) == (None, None)


def test_it_is_routed_and_assigned_anew(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    change(ticket, member)
    route_waiting(now=TUESDAY + 4 * HOUR)
    assign_waiting(now=TUESDAY + 4 * HOUR)
    assert fresh(ticket).station_id is not None and fresh(ticket).owner_id is not None


def test_its_owners_time_with_it_ends(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    change(ticket, member)
    ended = db.session.scalars(sa.select(Assignment.to_at).where(Assignment.ticket_id == ticket.id))
    assert list(ended) == [TUESDAY + 3 * HOUR]


def test_the_working_time_used_counts_against_the_new_promise(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    change(ticket, member)
    before, after = runs(ticket, "resolve")
    assert (before.outcome, after.due_at) == ("cancelled", promised_by(OTHER, since=TUESDAY))


def test_time_on_hold_is_no_time_used(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    hold_ticket(
        actor=member,
        ticket_id=ticket.id,
        reason_code="third_party",
        words="the tax office",
        now=TUESDAY + HOUR,
    )
    resume_ticket(actor=member, ticket_id=ticket.id, now=TUESDAY + 25 * HOUR)
    change(ticket, member, hours=25)
    since = TUESDAY + 24 * HOUR
    assert runs(ticket, "resolve")[-1].due_at == promised_by(OTHER, since=since)


def test_acceptance_is_promised_anew_and_its_first_outcome_stays(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    change(ticket, member)
    first, second = runs(ticket, "accept")
    assert (first.outcome, second.started_at) == ("met", TUESDAY + 3 * HOUR)
    assert [clock.stopped_at for clock in runs(ticket, "contact")] == [TUESDAY + 3 * HOUR]


def test_what_is_shown_before_is_what_is_promised_after(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    service = get_service(OTHER)
    assert service is not None
    shown = promised(ticket, service.definition, now=TUESDAY + 3 * HOUR)
    assert shown.before == ticket.resolve_due_at
    change(ticket, member)
    assert fresh(ticket).resolve_due_at == shown.after


def test_the_timeline_keeps_what_was_said_and_why(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    said, version = dict(ticket.answers), ticket.service_version_id
    change(ticket, member)
    entry = db.session.scalars(
        sa.select(TimelineEntry).where(
            TimelineEntry.ticket_id == ticket.id, TimelineEntry.kind == "change_service"
        )
    ).one()
    assert (entry.data["from_service"], entry.data["service"]) == ("POL-03", OTHER)
    assert (entry.data["from_version_id"], entry.data["was"]["answers"]) == (version, said)
    assert entry.data["reason"] == "It is a check."


def test_the_enterprise_is_told(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    change(ticket, member)
    tasks = db.session.scalars(
        sa.select(OutboxRow.task).where(
            OutboxRow.ticket_id == ticket.id, OutboxRow.event == "ticket.service_changed"
        )
    )
    assert {"notifications.tell", "routing.route_waiting"} <= set(tasks)


def test_only_answers_that_fit_are_taken_over(worked_on: WorkedOn) -> None:
    ticket, _member, _asker = worked_on
    service = get_service(OTHER)
    assert service is not None
    known = known_answers(ticket, service.definition)
    assert set(known) == set(ticket.answers) & {one.key for one in service.definition.fields}


def test_what_was_delivered_stays_counted_under_the_service_of_its_time(
    worked_on: WorkedOn,
) -> None:
    ticket, member, _asker = worked_on
    for hours in (2, 26):
        record_contact(
            actor=member,
            ticket_id=ticket.id,
            channel="phone",
            started_at=TUESDAY + hours * HOUR,
            minutes=20,
            summary="What they really need",
            evidence_note="Note of the call",
            attendees=1,
            now=TUESDAY + hours * HOUR + timedelta(minutes=30),
        )
        if hours == 2:
            change(ticket, member)
            db.session.execute(
                sa.update(Ticket)
                .where(Ticket.id == ticket.id)
                .values(status="in_progress", station_id=member.station_id)
            )
            db.session.execute(
                sa.update(Ticket).where(Ticket.id == ticket.id).values(owner_id=member.member_id)
            )
            db.session.expire_all()
    counted = db.session.scalars(
        sa.select(UsageEntry.service_code)
        .where(UsageEntry.ticket_id == ticket.id, UsageEntry.measure == "event")
        .order_by(UsageEntry.seq)
    )
    assert list(counted) == ["POL-03", OTHER]
    wrong = [one.what for one in prove(now=TUESDAY + 30 * HOUR) if not one.holds]
    assert wrong == []


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"service": "POL-03"}, "service"),
        ({"service": "NOP-99"}, "service"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    worked_on: WorkedOn, said: dict[str, Any], field: str
) -> None:
    ticket, member, _asker = worked_on
    with pytest.raises(Refused) as refused:
        change(ticket, member, **said)
    assert refused.value.field == field
    assert fresh(ticket).service_code == "POL-03"


def test_a_service_of_institutions_needs_the_consent_to_share(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    ticket.consent = False
    db.session.flush()
    with pytest.raises(Refused, match="agreed to share"):
        change(ticket, member, service="LEG-02")


def test_what_an_institution_has_is_taken_back_first(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    ticket.institution_id = create_institution().id
    db.session.flush()
    with pytest.raises(Conflict, match="Take it back"):
        change(ticket, member)


def test_on_hold_it_is_not_possible(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    hold_ticket(
        actor=member, ticket_id=ticket.id, reason_code="third_party", words="x", now=TUESDAY + HOUR
    )
    with pytest.raises(Conflict, match="On hold"):
        change(ticket, member)


def test_the_enterprise_can_not_do_it(worked_on: WorkedOn) -> None:
    ticket, _member, asker = worked_on
    with pytest.raises(Forbidden):
        change(ticket, asker)

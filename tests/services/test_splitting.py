"""A request that asks for several things goes on as several requests, each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.events.models import OutboxRow
from service_portal.filing.splitting import split_ticket
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Forbidden, Missing, Refused
from service_portal.ledger.models import UsageEntry
from service_portal.notifications.rules import FILER, telling_for
from service_portal.resolving.services import answer_ticket
from service_portal.routing.services import route_waiting
from service_portal.sla.queries import calendar_for
from service_portal.tickets import file_rights
from service_portal.tickets.codes import Purpose
from service_portal.tickets.models import Attachment, Clock, Ticket, TimelineEntry
from service_portal.tickets.page import read_page
from service_portal.tickets.timeline import entry_sentence
from service_portal.working.linking import unlink_ticket
from tests.factories.directory import create_station
from tests.factories.tickets import TUESDAY, create_ticket
from tests.services.taken import with_person
from tests.services.test_changed_service import promised_by
from tests.services.test_journey import events_of, fresh, kinds_of
from tests.services.test_linking import zone_lead
from tests.services.test_pauses import HOUR, worked_on

__all__ = ["worked_on"]

WorkedOn = tuple[Ticket, Actor, Actor]
SOON = TUESDAY + 3 * HOUR
WELDERS = {"title": "Two welders", "description": "With a certificate.", "service": "TAL-01"}
COURSE = {"title": "A course", "description": "For forty people.", "service": ""}


def split(
    ticket: Ticket, member: Actor, *parts: dict[str, str], reason: str = "Two of them."
) -> list[Ticket]:
    """Split parts off a case, and give them."""
    split_ticket(
        actor=member, ticket_id=ticket.id, parts=parts or (WELDERS,), reason=reason, now=SOON
    )
    return parts_of(ticket)


def parts_of(ticket: Ticket) -> list[Ticket]:
    """List what was split off a case."""
    wanted = sa.select(Ticket).where(Ticket.split_from_id == ticket.id).order_by(Ticket.id)
    return list(db.session.scalars(wanted.execution_options(populate_existing=True)))


def said_in(ticket: Ticket, kind: str) -> TimelineEntry:
    """Give the line of a kind in a ticket's timeline."""
    wanted = sa.select(TimelineEntry).where(
        TimelineEntry.ticket_id == ticket.id, TimelineEntry.kind == kind
    )
    return db.session.scalars(wanted).one()


def test_each_part_is_a_request_of_its_own(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    one, two = split(ticket, member, WELDERS, COURSE)
    assert (one.title, one.description, one.service_code) == (
        "Two welders",
        *list(WELDERS.values())[1:],
    )
    assert (two.title, two.service_code) == ("A course", ticket.service_code)
    for part in (one, two):
        assert (part.status, part.station_id, part.owner_id) == ("submitted", None, None)
        assert (part.enterprise_id, part.park_id) == (ticket.enterprise_id, ticket.park_id)
        assert (part.contact_name, part.contact_phone) == (
            ticket.contact_name,
            ticket.contact_phone,
        )


def test_it_is_its_askers_and_came_the_same_way(worked_on: WorkedOn) -> None:
    ticket, member, asker = worked_on
    (part,) = split(ticket, member)
    assert (part.filed_by_id, part.channel) == (asker.person_id, ticket.channel)


def test_the_first_goes_on_with_what_remains(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    before = (ticket.status, ticket.title, ticket.owner_id, ticket.resolve_due_at)
    split(ticket, member)
    ticket = fresh(ticket)
    assert (ticket.status, ticket.title, ticket.owner_id, ticket.resolve_due_at) == before


def test_what_a_part_promises_begins_now(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    (part,) = split(ticket, member)
    clocks = db.session.scalars(sa.select(Clock).where(Clock.ticket_id == part.id)).all()
    assert {clock.kind: clock.started_at for clock in clocks} == {"accept": SOON, "resolve": SOON}
    assert part.resolve_due_at == promised_by("TAL-01", since=SOON)
    assert calendar_for() is not None


def test_answers_that_fit_are_taken_over_and_the_rest_is_left(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    fitting = {"policy_doc_no": "No. 7"}
    ticket.answers = {**fitting, "no_such_question": "x"}
    same, other = split(ticket, member, COURSE, WELDERS)
    assert (same.answers, other.answers) == (fitting, {})


def test_parts_are_routed_by_themselves(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    (part,) = split(ticket, member)
    route_waiting(now=SOON)
    assert fresh(part).station_id is not None


def test_each_names_the_other_and_that_stays(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    (part,) = split(ticket, member)
    assert (part.linked_ids, fresh(ticket).linked_ids) == ([ticket.id], [part.id])
    lead = zone_lead()
    with pytest.raises(Refused, match="that stays"):
        unlink_ticket(actor=lead, ticket_id=part.id, other=ticket.reference, now=SOON)


def test_both_timelines_say_so(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    one, two = split(ticket, member, WELDERS, COURSE)
    line = said_in(ticket, "split")
    names = {("ticket", part.id): part for part in (one, two)}
    assert (line.audience, line.to_status) == ("all", ticket.status)
    assert entry_sentence(_read(line), names) == (
        f"split off {one.reference}, {two.reference}: Two of them."
    )
    assert kinds_of(one) == ["file", "split_off"]
    assert ticket.reference not in entry_sentence(_read(said_in(one, "split_off")), {})


def _read(line: TimelineEntry) -> Any:
    """Give a line as pages read it."""

    class Line:
        kind, role, data = line.kind, line.actor_role, line.data

    return Line


def test_the_enterprise_is_told_once(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    parts = split(ticket, member, WELDERS, COURSE)
    assert events_of(ticket)[-1] == "ticket.divided"
    assert telling_for("ticket.divided").parties == {FILER}
    told = db.session.scalars(
        sa.select(OutboxRow.task).where(OutboxRow.ticket_id.in_([part.id for part in parts]))
    )
    assert set(told) == {"routing.route_waiting"}


def test_nothing_is_counted(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    counted = sa.select(sa.func.count()).select_from(UsageEntry)
    before = db.session.scalar(counted)
    split(ticket, member)
    assert db.session.scalar(counted) == before


@pytest.mark.parametrize(
    ("parts", "reason", "field"),
    [
        ((), "Why", "parts"),
        ((WELDERS,) * 5, "Why", "parts"),
        (({**WELDERS, "title": ""},), "Why", "parts.0.title"),
        ((COURSE, {**WELDERS, "description": ""}), "Why", "parts.1.description"),
        ((COURSE, {**WELDERS, "service": "NOP-99"}), "Why", "parts.1.service"),
        ((WELDERS,), "", "reason"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_happens(
    worked_on: WorkedOn, parts: tuple[dict[str, str], ...], reason: str, field: str
) -> None:
    ticket, member, _asker = worked_on
    with pytest.raises(Refused) as refused:
        split_ticket(actor=member, ticket_id=ticket.id, parts=parts, reason=reason, now=SOON)
    assert refused.value.field == field and str(refused.value.message).endswith(".")
    assert parts_of(ticket) == [] and fresh(ticket).linked_ids == []


def test_without_consent_nothing_goes_to_the_pool_alone(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    ticket.consent = False
    db.session.flush()
    with pytest.raises(Refused, match="not agreed") as refused:
        split(ticket, member, {**WELDERS, "service": "LEG-02"})
    assert refused.value.field == "parts.0.service"


def test_what_is_answered_is_not_split(worked_on: WorkedOn) -> None:
    ticket, member, _asker = worked_on
    answer_ticket(
        actor=member,
        ticket_id=ticket.id,
        body="Done",
        outcome="resolved",
        evidence_note="slip",
        channel="phone",
        minutes=5,
        now=SOON,
    )
    with pytest.raises(Conflict):
        split(ticket, member)
    assert parts_of(ticket) == []


def test_only_its_station_splits_it(worked_on: WorkedOn) -> None:
    ticket, _member, asker = worked_on
    stranger = with_person(Role.STATION_MEMBER, station_id=create_station().id)
    for actor, refusal in ((asker, Forbidden), (stranger, Missing)):
        with pytest.raises(refusal):
            split(ticket, actor)


@pytest.fixture
def keep() -> Callable[..., Attachment]:
    """Keep a file on a ticket."""

    def put(ticket: Ticket, asker: Actor, **values: Any) -> Attachment:
        usual: dict[str, Any] = {
            "purpose": Purpose.REQUEST,
            "file_name": "plan.pdf",
            "content_type": "application/pdf",
            "size": 5,
            "sha256": "0" * 64,
            "storage_name": f"{ticket.id:040x}",
            "uploaded_by_id": asker.person_id,
            "at": TUESDAY,
        }
        row = Attachment(
            ticket_id=ticket.id, enterprise_id=ticket.enterprise_id, **{**usual, **values}
        )
        db.session.add(row)
        db.session.flush()
        return row

    return put


def at_another_station(part: Ticket) -> Actor:
    """Let a part lie at a station that never had the request, and give a member of it."""
    station_id = create_station().id
    db.session.execute(sa.update(Ticket).where(Ticket.id == part.id).values(station_id=station_id))
    db.session.expire_all()
    return with_person(Role.STATION_MEMBER, station_id=station_id)


def test_whoever_reads_a_part_opens_the_files_of_the_request(
    worked_on: WorkedOn, keep: Callable[..., Attachment]
) -> None:
    ticket, member, asker = worked_on
    file = keep(ticket, asker)
    (part,) = split(ticket, member)
    there = at_another_station(part)
    assert file_rights.may_open(file, actor=there)
    page = read_page(part.id, actor=there, internal=True, decisions=False)
    assert [one.id for one in page.files] == [file.id]


@pytest.mark.parametrize("values", [{"purpose": "message"}, {"at": SOON + HOUR}])
def test_what_was_said_and_sent_later_stays_with_the_request(
    worked_on: WorkedOn, keep: Callable[..., Attachment], values: dict[str, Any]
) -> None:
    ticket, member, asker = worked_on
    file = keep(ticket, asker, **values)
    (part,) = split(ticket, member)
    there = at_another_station(part)
    with pytest.raises(Missing):
        file_rights.may_open(file, actor=there)
    assert read_page(part.id, actor=there, internal=True, decisions=False).files == []


def test_a_link_alone_opens_no_files(worked_on: WorkedOn, keep: Callable[..., Attachment]) -> None:
    ticket, _member, asker = worked_on
    file = keep(ticket, asker)
    other = create_ticket("POL-03")
    ticket.linked_ids, other.linked_ids = [other.id], [ticket.id]
    there = at_another_station(other)
    with pytest.raises(Missing):
        file_rights.may_open(file, actor=there)

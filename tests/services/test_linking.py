"""Two tickets are linked, and each shows the other to whoever may read it, and to nobody else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.assigning.services import assign_waiting
from service_portal.events.models import OutboxRow
from service_portal.kernel.db import db
from service_portal.kernel.errors import Forbidden, Refused
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import Ticket, TimelineEntry
from service_portal.tickets.queries import linked_and_readable, linked_with
from service_portal.working import linking
from service_portal.working.linking import link_ticket, unlink_ticket
from tests.factories.directory import create_station
from tests.factories.tickets import TUESDAY, create_ticket, enterprise_actor
from tests.services.taken import with_person
from tests.services.test_journey import fresh, routed_and_assigned

SOON = TUESDAY + timedelta(hours=1)


@dataclass
class Two:
    """Two tickets of an enterprise at one station, with those who read them."""

    one: Ticket
    other: Ticket
    asker: Actor
    member: Actor

    def link(self, other: str = "", by: Actor | None = None) -> None:
        """Link the first one with another, the second one where none is named."""
        named = other or self.other.reference
        link_ticket(actor=by or self.member, ticket_id=self.one.id, other=named, now=SOON)

    def unlink(self) -> None:
        """Take their link away, from the other side."""
        unlink_ticket(
            actor=self.member, ticket_id=self.other.id, other=self.one.reference, now=SOON
        )

    def lines(self, ticket: Ticket) -> list[tuple[str, str, str]]:
        """List what the timeline of a ticket says of links, and to whom."""
        rows = db.session.scalars(
            sa.select(TimelineEntry)
            .where(TimelineEntry.ticket_id == ticket.id, TimelineEntry.kind.like("%link"))
            .order_by(TimelineEntry.id)
        )
        return [(row.kind, row.data["other"], row.audience) for row in rows]


@pytest.fixture
def two(db_session: None) -> Two:
    """Two tickets of one enterprise, both with the same member."""
    asker = enterprise_actor()
    one, member = routed_and_assigned("POL-03", asker)
    other = create_ticket("POL-03", actor=asker)
    route_waiting(now=TUESDAY)
    assign_waiting(now=TUESDAY)
    return Two(one, fresh(other), asker, member)


def zone_lead() -> Actor:
    """Give a lead of the headquarters, who reaches all tickets."""
    lead = with_person(Role.STATION_LEAD, station_id=create_station().id)
    return replace(lead, headquarters=True)


def shown(ticket: Ticket, reader: Actor) -> list[str]:
    """List the references that a ticket shows to a reader."""
    ticket = fresh(ticket)
    readable = linked_and_readable((), actor=reader, besides=ticket.linked_ids)
    return [one.reference for one in linked_with(ticket, readable)]


def test_each_shows_the_other(two: Two) -> None:
    two.link()
    for reader in (two.member, two.asker):
        assert shown(two.one, reader) == [two.other.reference]
        assert shown(two.other, reader) == [two.one.reference]


def test_the_staff_of_both_sides_read_of_it(two: Two) -> None:
    two.link(two.other.reference.lower())
    assert two.lines(two.one) == [("link", two.other.reference, "staff")]
    assert two.lines(two.other) == [("link", two.one.reference, "staff")]


def test_nobody_is_told_and_nothing_moves(two: Two) -> None:
    told = sa.select(sa.func.count()).select_from(OutboxRow)
    before = (db.session.scalar(told), two.one.status, two.one.next_due_at)
    two.link()
    assert (db.session.scalar(told), fresh(two.one).status, two.one.next_due_at) == before


def test_a_link_is_taken_away_on_both_sides(two: Two) -> None:
    two.link()
    two.unlink()
    assert shown(two.one, two.member) == shown(two.other, two.member) == []
    assert [kind for kind, _other, _audience in two.lines(two.one)] == ["link", "unlink"]


def test_what_is_not_linked_cannot_be_unlinked(two: Two) -> None:
    with pytest.raises(Refused, match="are not linked") as refused:
        two.unlink()
    assert refused.value.field == "other"


def test_two_are_linked_once(two: Two) -> None:
    two.link()
    with pytest.raises(Refused, match="linked already"):
        two.link()
    assert fresh(two.one).linked_ids == [two.other.id]


def test_one_that_is_foreign_looks_like_one_that_is_missing(two: Two) -> None:
    foreign = create_ticket("POL-03")
    db.session.execute(
        sa.update(Ticket).where(Ticket.id == foreign.id).values(station_id=create_station().id)
    )
    said = set()
    for named in (foreign.reference, "NH-2020-99999", "", two.one.reference):
        with pytest.raises(Refused) as refused:
            link_ticket(actor=two.member, ticket_id=two.one.id, other=named, now=SOON)
        said.add((str(refused.value), refused.value.field))
    assert len(said) == 1 and fresh(foreign).linked_ids == []


def test_a_lead_of_the_zone_links_across_enterprises_and_each_reads_of_its_own(two: Two) -> None:
    foreign = create_ticket("POL-03")
    lead = zone_lead()
    two.link(foreign.reference, by=lead)
    assert shown(two.one, lead) == [foreign.reference]
    assert shown(two.one, two.asker) == []
    theirs = enterprise_actor(foreign.enterprise_id)
    assert shown(foreign, theirs) == []


def test_staff_of_an_enterprise_see_those_they_filed(two: Two) -> None:
    two.link()
    staff = enterprise_actor(two.one.enterprise_id, Role.ENTERPRISE_STAFF)
    db.session.execute(
        sa.update(Ticket).where(Ticket.id == two.one.id).values(filed_by_id=staff.person_id)
    )
    assert shown(two.one, staff) == []


def test_an_enterprise_links_nothing(two: Two) -> None:
    with pytest.raises(Forbidden):
        two.link(by=two.asker)


def test_there_is_an_end_of_links(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    two.link()
    monkeypatch.setattr(linking, "MOST_LINKS", 1)
    third = create_ticket("POL-03", actor=two.asker)
    lead = zone_lead()
    with pytest.raises(Refused, match="1 others at most"):
        two.link(third.reference, by=lead)

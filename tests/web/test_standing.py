"""Both pages of a ticket say how it stands, in every status; what has ended never claims to be
alive.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import g

from service_portal.access.actor import Role
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.tickets.models import Ticket
from service_portal.tickets.rules import ENDED, Status
from service_portal.tickets.standing import FOR_ENTERPRISE, FOR_STAFF
from tests.factories.directory import create_member, station
from tests.factories.tickets import create_ticket, enterprise_actor
from tests.signing_in import SignIn

ALIVE = (
    "has your request",
    "is working on it",
    "on its way",
    "urgent",
    "supervision level",
    "nobody in the station can take it",
)
HAS_IT = "Chen at Nanhai Station (Shishan) has your request."
SAID: dict[Status, tuple[str, str]] = {
    Status.SUBMITTED: (HAS_IT, ""),
    Status.RETURNED: (
        "It waits for you: complete it and send it again.",
        "It waits for the enterprise to send what is missing.",
    ),
    Status.NOT_ACCEPTED: ("Not accepted (today", "Ended (today"),
    Status.ACCEPTED: (HAS_IT, ""),
    Status.DISPATCHED: (HAS_IT, ""),
    Status.IN_PROGRESS: (HAS_IT, ""),
    Status.ON_HOLD: ("It is paused; the reason stands below.", ""),
    Status.ANSWERED: (
        "It is answered. Say below whether that solved it. How it ended: Partly resolved.",
        "It waits for the enterprise to confirm. How it ended: Partly resolved.",
    ),
    Status.CLOSED: ("Closed (today", "Closed (today"),
    Status.ARCHIVED: ("too long ago to be opened again", "too long ago to be opened again"),
    Status.WITHDRAWN: ("You withdrew it (today", "the enterprise withdrew it."),
    Status.MERGED: ("goes on in another request.", "it goes on in another request."),
}


def test_both_tables_know_every_status() -> None:
    assert set(FOR_ENTERPRISE) == set(FOR_STAFF) == set(SAID) == set(Status)
    assert {
        status for status in Status if FOR_STAFF[status] is not FOR_STAFF[Status.SUBMITTED]
    } >= ENDED


@pytest.mark.parametrize("status", Status)
def test_a_ticket_says_how_it_stands_to_both_sides(client_as: SignIn, status: Status) -> None:
    asker, lead = (
        client_as(Role.ENTERPRISE_OWNER),
        client_as(Role.STATION_LEAD, station_id=station().id),
    )
    ticket = create_ticket("POL-03", actor=asker.actor, urgent=True, now=now())
    master = create_ticket("POL-03", actor=enterprise_actor(ticket.enterprise_id), now=now())
    ended = status in ENDED
    values = {
        "status": status,
        "station_id": station().id,
        "owner_id": create_member(name_en="Chen", station_id=station().id).id,
        "closed_at": now() if ended else None,
        "close_outcome": (
            "partly" if status in {Status.ANSWERED, Status.CLOSED, Status.ARCHIVED} else None
        ),
        "supervision_level": 1 if ended else 0,
        "merged_into_id": master.id if status is Status.MERGED else None,
    }
    db.session.execute(sa.update(Ticket).where(Ticket.id == ticket.id).values(values))
    db.session.execute(
        sa.update(Ticket).where(Ticket.id == master.id).values(station_id=station().id)
    )
    db.session.commit()
    for client, expected in zip((asker, lead), SAID[status], strict=True):
        g.pop("_login_user", None)
        page = client.get(f"/tickets/{ticket.id}").text
        line = page.split('<p class="status-line">')[1].split("</p>")[0]
        assert expected in line, line
        if ended:
            assert not [words for words in ALIVE if words in line], line
        assert ("How it ended: Partly resolved." in line) is (values["close_outcome"] is not None)
        if status is Status.MERGED:
            assert f'href="/tickets/{master.id}"' in line


def test_staff_of_an_enterprise_are_not_led_to_a_colleagues_request(
    client_as: SignIn,
) -> None:
    staff = client_as(Role.ENTERPRISE_STAFF)
    ticket = create_ticket("POL-03", actor=staff.actor, now=now())
    theirs = create_ticket("POL-03", actor=enterprise_actor(ticket.enterprise_id), now=now())
    member = client_as(Role.STATION_LEAD, station_id=station().id)
    db.session.execute(
        sa.update(Ticket)
        .where(Ticket.id.in_([ticket.id, theirs.id]))
        .values(station_id=station().id)
    )
    db.session.commit()
    g.pop("_login_user", None)
    assert (
        member.post(f"/tickets/{ticket.id}/merge", data={"into": theirs.reference}).status_code
        == 302
    )
    g.pop("_login_user", None)
    page = staff.get(f"/tickets/{ticket.id}").text
    assert theirs.reference not in page and f"/tickets/{theirs.id}" not in page
    assert "merged into another request of the enterprise" in page

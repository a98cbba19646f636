"""A later day of an answer over the API."""

from __future__ import annotations

import sqlalchemy as sa

from service_portal.directory.models import Member
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.sla.queries import working_day
from service_portal.tickets.rules import Move, Status
from tests.services.programs import Walk, problem


def walk_later_day(walk: Walk) -> None:
    """Ask for a later day of an answer, be refused, ask again and get it."""
    owner, member, lead, five = walk.owner, walk.member, walk.lead, walk.file()
    herself = sa.select(Member.id).where(Member.person_id == member.actor.person_id)
    mine = {"member_id": db.session.scalars(herself).one(), "reason": "She knows them."}
    walk.move(lead, five, Move.ASSIGN, Status.SUBMITTED, **mine)
    walk.move(member, five, Move.ACCEPT, Status.ACCEPTED)
    later = {"until": working_day(now(), ahead=12).isoformat(), "reason": "Their stamp is missing."}
    walk.move(member, five, Move.ASK_EXTENSION, Status.ACCEPTED, **later)
    said = problem(lead.move(five, Move.ASK_EXTENSION, **later), 403)
    walk.move(lead, five, Move.REFUSE_EXTENSION, Status.ACCEPTED, words="Answer in time.")
    assert said["code"] == "forbidden"
    assert problem(lead.move(five, Move.GRANT_EXTENSION), 409)["code"] == "no_extension"
    walk.move(member, five, Move.ASK_EXTENSION, Status.ACCEPTED, **later)
    walk.move(lead, five, Move.GRANT_EXTENSION, Status.ACCEPTED)
    (clock,) = (
        clock
        for clock in owner.get(f"/tickets/{five}").get_json()["clocks"]
        if clock["kind"] == "resolve" and clock["stopped_at"] is None
    )
    assert clock["first_due_at"] < clock["due_at"]

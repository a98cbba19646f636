"""A request of the demo for two things, one of which its owner has just split off."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.catalogue.queries import get_service
from service_portal.demo.zone import Zone
from service_portal.directory.models import Member
from service_portal.filing.splitting import split_ticket
from service_portal.kernel.db import db
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import Ticket
from service_portal.tickets.rules import HANDLED

COURSE = {
    "zh": {
        "title": "安全生产培训一次",
        "description": "一线员工约四十人，希望到厂讲授消防与安全生产。",
        "service": "TAL-04",
    },
    "en": {
        "title": "A course on safety at work",
        "description": "About forty people of the shop floor; we would like it held here.",
        "service": "TAL-04",
    },
}
REASON = {"zh": "培训由其他同事办理，单独成件更快。", "en": "A course is somebody else's work."}


def split_one(zone: Zone, *, now: datetime) -> None:
    """Split a course off the demo enterprise's request, the one for people where that is open."""
    query = (
        sa.select(Ticket, Member)
        .join(Member, Member.id == Ticket.owner_id)
        .where(Ticket.enterprise_id == zone.demo_company, Ticket.status.in_(HANDLED))
        .order_by((Ticket.service_code == "TAL-01").desc(), Ticket.id)
        .limit(1)
    )
    found = db.session.execute(query).first()
    if found is None or get_service("TAL-04") is None:
        return
    ticket, owner = found
    actor = Actor(
        role=Role.STATION_LEAD if owner.is_lead else Role.STATION_MEMBER,
        person_id=owner.person_id,
        station_id=owner.station_id,
        member_id=owner.id,
        name=owner.name_zh,
    )
    language = "zh" if any(sign >= "\u4e00" for sign in ticket.title) else "en"
    split_ticket(
        actor=actor,
        ticket_id=ticket.id,
        parts=[COURSE[language]],
        reason=REASON[language],
        now=now,
    )
    route_waiting(now=now)

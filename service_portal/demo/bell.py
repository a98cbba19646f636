"""The messages waiting in the bells of the people one can sign in as."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.demo.zone import DEMO_STATION, Zone
from service_portal.directory.models import Station
from service_portal.kernel.db import db

# What a line of the timeline means for the reader, as the kind of message it causes.
FILER = {
    "accept": "ticket.accepted",
    "return": "ticket.returned",
    "answer": "ticket.answered",
    "hold": "ticket.held",
    "grant_extension": "extension.granted",
    "split": "ticket.divided",
    "resume": "ticket.resumed",
    "pick_up": "offer.accepted",
}
OWNER = {
    "assign": "ticket.assigned",
    "confirm": "ticket.closed",
    "auto_close": "ticket.closed",
    "redo": "ticket.redone",
    "resubmit": "ticket.resubmitted",
    "call_back": "call_back.made",
    "grant_extension": "extension.granted",
    "refuse_extension": "extension.refused",
}
LEAD = {"rung": "rung", "ask_extension": "extension.asked"}
INSTITUTION = {"dispatch": "offer.made", "confirm": "ticket.closed"}

_RING = sa.text("""
    INSERT INTO notification (source, person_id, membership_id, channel, kind, ticket_id,
        enterprise_id, data, state, created_at, sent_at, read_at)
    SELECT * FROM (SELECT 'demo:' || e.id, :person_id, m.id, 'app',
        CASE WHEN e.kind = 'rung' THEN concat_ws('.', 'rung', e.data ->> 'clock', e.data ->> 'rung')
            ELSE :kinds ->> e.kind END,
        e.ticket_id, e.enterprise_id, jsonb_build_object('party', CAST(:party AS text)), 'sent',
            e.at AS created_at, e.at AS sent_at, CASE
            WHEN e.at < :unread THEN e.at + interval '2 hours' END
    FROM timeline_entry AS e JOIN ticket AS t ON t.id = e.ticket_id
    JOIN membership AS m ON m.id = (SELECT min(h.id) FROM membership AS h
        WHERE h.person_id = :person_id)
    WHERE e.at > :since AND :kinds ? e.kind AND (e.kind <> 'rung'
        OR e.data ->> 'rung' IN ('red', 'level1'))
      AND (t.filed_by_id = :filer OR t.owner_id = :owner OR t.station_id = :station
          OR t.institution_id = :institution)
    ORDER BY e.at DESC LIMIT 30) AS newest ORDER BY created_at
""").bindparams(sa.bindparam("kinds", type_=sa.dialects.postgresql.JSONB))


def ring_bells(zone: Zone, *, now: datetime) -> None:
    """Give each demo person the messages their last three weeks would have brought; those of two
    days are unread.
    """
    station = db.session.scalar(sa.select(Station.id).where(Station.code == DEMO_STATION))
    nobody = {"filer": None, "owner": None, "station": None, "institution": None}
    for role, kinds, party, of in (
        (Role.ENTERPRISE_OWNER, FILER, "filer", {"filer": zone.roles[Role.ENTERPRISE_OWNER]}),
        (Role.STATION_MEMBER, OWNER, "owner", {"owner": zone.demo_member}),
        (Role.STATION_LEAD, LEAD, "leads", {"station": station}),
        (Role.INSTITUTION_LEAD, INSTITUTION, "institution", {"institution": zone.demo_institution}),
    ):
        values = {
            "person_id": zone.roles[role],
            "kinds": kinds,
            "party": party,
            "since": now - timedelta(days=21),
            "unread": now - timedelta(days=2),
        }
        db.session.execute(_RING, values | nobody | of)

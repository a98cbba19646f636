"""Reads for the lead's board and the institution's desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time

import sqlalchemy as sa

from service_portal.assigning.queries import DAY_OFF, ON_DUTY
from service_portal.kernel.clock import zone_time
from service_portal.kernel.codes import listed
from service_portal.kernel.db import AnyRow, db
from service_portal.kernel.errors import Missing
from service_portal.tickets import predicates as p
from service_portal.tickets.codes import DeliveredBy, WaitingReason
from service_portal.tickets.decisions import DECIDED, WITH_NAMES
from service_portal.tickets.rules import Status

ASKED_IN_VAIN = (WaitingReason.NO_INSTITUTION, WaitingReason.BOUNCED_TWICE)
# Who goes on is chosen by people: it came back from an institution, its offer was withdrawn, or
# nobody was found.
_IS_TO_BE_OFFERED = f"""(t.status = '{Status.ACCEPTED}' AND t.consent
                AND t.delivered_by <> '{DeliveredBy.STATION}'
                AND (t.by_hand OR t.waiting_reason IN ({listed(ASKED_IN_VAIN)})))"""

_WAITING = sa.text(f"""
    SELECT w.*, {DECIDED}
    FROM (
        SELECT t.id, t.reference, t.title, t.service_code, t.filed_at, t.waiting_reason, t.status,
            t.next_due_at, t.station_id, t.owner_id, t.urgent, t.park_id, t.by_hand,
            t.enterprise_id,
            {_IS_TO_BE_OFFERED} AS is_to_be_offered,
            e.name_en AS enterprise_en, e.name_zh AS enterprise_zh, s.name_en AS station_en,
                s.name_zh AS station_zh
        FROM ticket AS t JOIN enterprise AS e ON e.id = t.enterprise_id
        LEFT JOIN station AS s ON s.id = t.station_id
        WHERE {p.IS_OPEN.of("t")}
          AND (t.owner_id IS NULL OR t.waiting_reason IS NOT NULL OR {_IS_TO_BE_OFFERED})
          AND CASE WHEN CAST(:station AS bigint) IS NULL THEN t.station_id IS NOT NULL
              OR t.waiting_reason = '{WaitingReason.NO_STATION}' ELSE t.station_id = :station END
        ORDER BY t.urgent DESC, t.id LIMIT 100
    ) AS w
    LEFT JOIN LATERAL (
        SELECT * FROM decision WHERE ticket_id = w.id ORDER BY id DESC LIMIT 1
    ) AS d ON true
    {WITH_NAMES}
    ORDER BY w.urgent DESC, w.id
""")

_MEMBERS = sa.text(f"""
    SELECT m.id, m.code, m.name_en, m.name_zh, m.capacity_points, {ON_DUTY} AS on_duty,
        {DAY_OFF} AS day_off, m.is_lead, m.last_assigned_at, m.station_id,
        coalesce(l.points, 0) AS load, coalesce(l.cases, 0) AS cases, coalesce(l.late, 0) AS late,
        EXISTS (SELECT 1 FROM absence AS a
            WHERE a.member_id = m.id AND a.from_at <= :now AND a.to_at > :now) AS absent
    FROM member AS m LEFT JOIN LATERAL (
        SELECT sum(t.effort_points) AS points, count(*) AS cases, count(*)
            FILTER (WHERE t.light = 2) AS late
        FROM ticket AS t WHERE t.owner_id = m.id AND {p.IS_OPEN.of("t")}
    ) AS l ON true
    WHERE m.active AND (CAST(:station AS bigint) IS NULL OR m.station_id = :station)
    ORDER BY coalesce(l.points, 0)::float / greatest(m.capacity_points, 1) DESC, m.id LIMIT 200
""")

_AWAY = sa.text(f"""
    SELECT t.id, t.reference, t.title, t.service_code, t.filed_at, t.status, t.next_due_at,
        t.station_id, t.urgent, t.owner_id,
        e.name_en AS enterprise_en, e.name_zh AS enterprise_zh, s.name_en AS station_en,
            s.name_zh AS station_zh, m.name_en AS owner_en, m.name_zh AS owner_zh,
        CASE WHEN NOT {ON_DUTY} THEN 'off_duty' WHEN m.person_id IS NULL THEN 'no_account'
            ELSE 'absent' END AS why
    FROM member AS m JOIN ticket AS t ON t.owner_id = m.id
    JOIN enterprise AS e ON e.id = t.enterprise_id JOIN station AS s ON s.id = t.station_id
    WHERE m.active AND {p.IS_HANDLED.of("t")}
      AND (CAST(:station AS bigint) IS NULL OR t.station_id = :station)
      AND (NOT {ON_DUTY} OR m.person_id IS NULL OR EXISTS (SELECT 1 FROM absence AS a
          WHERE a.member_id = m.id AND a.from_at <= :now AND a.to_at > :now))
    ORDER BY t.next_due_at NULLS LAST, t.id LIMIT 100
""")

_EXPIRING = sa.text("""
    SELECT o.id, o.in_parallel, o.answer_due_at, t.id AS ticket_id, t.reference, t.title,
        i.name_en AS institution_en, i.name_zh AS institution_zh
    FROM offer AS o JOIN ticket AS t ON t.id = o.ticket_id
    JOIN institution AS i ON i.id = o.institution_id
    WHERE o.state = 'offered' AND (CAST(:station AS bigint) IS NULL OR t.station_id = :station)
    ORDER BY o.answer_due_at LIMIT 51
""")

_OFFERS = sa.text("""
    SELECT o.id, o.in_parallel, o.answer_due_at, o.offered_at, t.id AS ticket_id, t.reference,
        t.title, t.service_code, t.effort_points, t.urgent, t.resolve_due_at,
        p.name_en AS park_en, p.name_zh AS park_zh, e.name_en AS enterprise_en,
            e.name_zh AS enterprise_zh
    FROM offer AS o JOIN ticket AS t ON t.id = o.ticket_id JOIN park AS p ON p.id = t.park_id
    JOIN enterprise AS e ON e.id = t.enterprise_id
    WHERE o.institution_id = :id AND o.state = 'offered' ORDER BY o.answer_due_at LIMIT 100
""")

_CASES = sa.text(f"""
    SELECT t.id, t.reference, t.title, t.service_code, t.status, t.light, t.next_due_at,
        t.last_word_at, t.last_word_by,
        e.name_en AS enterprise_en, e.name_zh AS enterprise_zh
    FROM ticket AS t
    JOIN offer AS o ON o.ticket_id = t.id AND o.institution_id = :id AND o.state = 'accepted'
    JOIN enterprise AS e ON e.id = t.enterprise_id
    WHERE t.institution_id = :id AND {p.IS_ON_THE_DESK.of("t")}
    ORDER BY t.next_due_at NULLS LAST, t.id LIMIT 200
""")

_SCORE = sa.text(f"""
    SELECT count(*) AS offers, count(*) FILTER (WHERE {p.HAD_IT}) AS taken,
        count(*) FILTER (WHERE state = 'declined') AS declined,
        count(*) FILTER (WHERE state = 'expired') AS expired,
        count(*) FILTER (WHERE state = 'withdrawn') AS withdrawn,
        count(*) FILTER (WHERE state IN ('taken_back', 'given_back')) AS back
    FROM offer WHERE institution_id = :id AND offered_at >= :since
""")

_OFFER = sa.text(f"""
    SELECT o.id, o.state, o.in_parallel, o.answer_due_at, o.offered_at, t.id AS ticket_id,
        t.reference, t.title, t.description, t.answers, t.service_version_id,
        t.effort_points, t.urgent, t.resolve_due_at, e.name_en AS enterprise_en,
            e.name_zh AS enterprise_zh, p.name_en AS park_en, p.name_zh AS park_zh
    FROM offer AS o JOIN ticket AS t ON t.id = o.ticket_id
    JOIN enterprise AS e ON e.id = t.enterprise_id JOIN park AS p ON p.id = t.park_id
    WHERE o.id = :offer AND o.institution_id = :id AND {p.IS_LIVE_OFFER.of("o")}
""")


def waiting_for_someone(station_id: int | None) -> Sequence[AnyRow]:
    """List cases nobody has, or whose next step nobody can take or people choose, urgent ones
    first; a hundred at most.
    """
    return db.session.execute(_WAITING, {"station": station_id}).all()


def board_members(station_id: int | None, now: datetime) -> Sequence[AnyRow]:
    """List members with their open points, the fullest first."""
    return db.session.execute(
        _MEMBERS, {"station": station_id, "now": now, "today": now.astimezone(zone_time()).date()}
    ).all()


def cases_of_absent(station_id: int | None, now: datetime) -> Sequence[AnyRow]:
    """List the open cases of owners who are absent, off duty or not reachable, so that somebody
    covers them; what is due first on top, a hundred at most.
    """
    return db.session.execute(_AWAY, {"station": station_id, "now": now}).all()


def members_for(station_id: int | None, now: datetime) -> Sequence[AnyRow]:
    """List the members a lead can give a case of this station to: present ones, the least loaded
    first.
    """
    if station_id is None:
        return []
    return [row for row in reversed(board_members(station_id, now)) if not row.absent]


def expiring_offers(station_id: int | None) -> Sequence[AnyRow]:
    """List the open offers that end next."""
    return db.session.execute(_EXPIRING, {"station": station_id}).all()


def desk_offers(institution_id: int) -> Sequence[AnyRow]:
    """List what is offered to an institution, what ends first on top."""
    return db.session.execute(_OFFERS, {"id": institution_id}).all()


def desk_cases(institution_id: int) -> Sequence[AnyRow]:
    """List an institution's open cases by their deadline."""
    return db.session.execute(_CASES, {"id": institution_id}).all()


def desk_score(institution_id: int, now: datetime) -> AnyRow:
    """Count an institution's offers of this month by how they ended."""
    return db.session.execute(
        _SCORE,
        {
            "id": institution_id,
            "since": datetime.combine(
                now.astimezone(zone_time()).date().replace(day=1), time(), zone_time()
            ),
        },
    ).one()


def one_offer(offer_id: int, institution_id: int) -> AnyRow:
    """Give a live offer of this institution, or raise Missing."""
    row = db.session.execute(_OFFER, {"offer": offer_id, "id": institution_id}).first()
    if row is None:
        raise Missing()
    return row

"""The hot path of filing: ticket, words, timeline, clocks, outbox and idempotency key in one
statement.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.events.subscriptions import LISTENERS
from service_portal.kernel.db import at_once
from service_portal.sla.queries import Published
from service_portal.sla.rules import LADDER_VERSION, ClockPlan

_OPEN = sa.text("""
    WITH t AS (
        INSERT INTO ticket (reference, enterprise_id, park_id, service_code, category_code,
            service_version_id,
            filed_by_id, channel, contact_name, contact_phone, title, description, answers, amount,
                urgent, consent,
            delivered_by, auto_accept, effort_points, next_due_at, resolve_due_at, filed_at,
                last_word_at, demo)
        SELECT ref, :enterprise_id, :park_id, :service_code, :category_code, :service_version_id,
            :filed_by_id, :channel, :contact_name, :contact_phone, :title, :description,
                CAST(:answers AS jsonb),
            CAST(:amount AS numeric), :urgent, :consent,
            :delivered_by, :auto_accept, :effort_points, :next_due_at, :resolve_due_at, :now, :now,
                :demo
        FROM (SELECT :prefix || lpad(n, greatest(5, length(n)), '0') AS ref
            FROM CAST(nextval('ticket_number') AS text) AS n) AS numbered
        RETURNING id, reference
    ), words AS (
        INSERT INTO ticket_words (ticket_id, enterprise_id, words)
        SELECT id, :enterprise_id, array_append(CAST(:words AS text[]), lower(reference)) FROM t
    ), entry AS (
        INSERT INTO timeline_entry (ticket_id, enterprise_id, at, kind, actor_person_id, actor_role,
            actor_name, to_status, data)
        SELECT id, :enterprise_id, :now, 'file', :person_id, :role, :actor_name, 'submitted',
            CAST(:entry AS jsonb) FROM t
    ), clocks AS (
        INSERT INTO clock (ticket_id, enterprise_id, kind, cycle, limit_amount, limit_unit,
            calendar_id, calendar_version, ladder_version, started_at, due_at, next_rung,
            next_alarm_at, estimated)
        SELECT t.id, :enterprise_id, c.kind, 1, c.amount, c.unit, :calendar_id, :calendar_version,
            :ladder_version, :now, c.due_at, c.rung, c.alarm_at, c.estimated
        FROM t, jsonb_to_recordset(CAST(:clocks AS jsonb))
            AS c(kind text, amount int, unit text, due_at timestamptz, rung text,
                alarm_at timestamptz, estimated boolean)
    ), told AS (
        INSERT INTO outbox (event, task, ticket_id, enterprise_id, payload)
        SELECT 'ticket.filed', task, t.id, :enterprise_id,
            jsonb_build_object('ticket_id', t.id, 'enterprise_id', CAST(:enterprise_id AS bigint))
        FROM t, unnest(CAST(:tasks AS text[])) AS task
    ), once AS (
        INSERT INTO idempotency_key (membership_id, key, request_hash, ticket_id, enterprise_id,
            created_at)
        SELECT :membership_id, CAST(:key AS text), CAST(:request_hash AS bytea), t.id,
            :enterprise_id, :now FROM t
        WHERE CAST(:key AS text) IS NOT NULL
    )
    SELECT id, reference FROM t
""").columns(sa.column("id"), sa.column("reference"))


@dataclass(frozen=True, slots=True)
class NewTicket:
    """What a ticket is made of.

    `words` are those it can be found by, `prefix` starts its reference.
    """

    enterprise_id: int
    park_id: int
    prefix: str
    service_code: str
    category_code: str
    service_version_id: int
    channel: str
    title: str
    description: str
    answers: dict[str, Any]
    contact_name: str
    contact_phone: str
    amount: Decimal | None
    urgent: bool
    consent: bool
    delivered_by: str
    auto_accept: bool
    effort_points: int
    words: list[str]
    demo: bool = False


def open_ticket(
    new: NewTicket,
    *,
    actor: Actor,
    clocks: Sequence[tuple[str, int, str, ClockPlan]],
    by: Published,
    now: datetime,
    idempotency: tuple[str, bytes] | None = None,
) -> tuple[int, str]:
    """Make a ticket with all its first rows and say `TicketFiled`; give its id and reference.

    `clocks` are (kind, limit amount, limit unit, plan), planned `by` a calendar. A used idempotency
    key raises IntegrityError on `pk_idempotency_key`; the caller rolls back and gives the first
    answer again.
    """
    dues = {kind: plan.due_at for kind, _, _, plan in clocks}
    row = at_once(
        _OPEN,
        {
            "prefix": new.prefix,
            "enterprise_id": new.enterprise_id,
            "park_id": new.park_id,
            "service_code": new.service_code,
            "category_code": new.category_code,
            "service_version_id": new.service_version_id,
            "filed_by_id": actor.person_id,
            "channel": new.channel,
            "contact_name": new.contact_name,
            "contact_phone": new.contact_phone,
            "title": new.title,
            "description": new.description,
            "answers": json.dumps(new.answers, ensure_ascii=False),
            "amount": new.amount,
            "urgent": new.urgent,
            "consent": new.consent,
            "delivered_by": new.delivered_by,
            "auto_accept": new.auto_accept,
            "effort_points": new.effort_points,
            "next_due_at": min(dues.values(), default=None),
            "resolve_due_at": dues.get("resolve"),
            "now": now,
            "words": new.words,
            "demo": new.demo,
            "person_id": actor.person_id,
            "role": str(actor.role),
            "actor_name": actor.name,
            "entry": json.dumps({"channel": new.channel}),
            "clocks": json.dumps([_clock(*one) for one in clocks]),
            "calendar_id": by.id,
            "calendar_version": by.version,
            "ladder_version": LADDER_VERSION,
            "tasks": list(LISTENERS["ticket.filed"]),
            "membership_id": actor.membership_id,
            "key": idempotency[0] if idempotency else None,
            "request_hash": idempotency[1] if idempotency else None,
        },
    ).one()
    return row.id, row.reference


def _clock(kind: str, amount: int, unit: str, plan: ClockPlan) -> dict[str, Any]:
    alarm_at = plan.next_alarm_at.isoformat() if plan.next_alarm_at else None
    return {
        "kind": kind,
        "amount": amount,
        "unit": unit,
        "due_at": plan.due_at.isoformat(),
        "rung": plan.next_rung,
        "alarm_at": alarm_at,
        "estimated": plan.estimated,
    }

"""The one place that writes a new ticket: itself, its words, its first line in the timeline, its
first clocks, the outbox rows and the idempotency key.

One statement does it for one ticket or for thousands. A load that writes tickets with a past by
COPY begins with the same rows, as `first_rows` gives them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.dialects import postgresql

from service_portal.access.actor import Actor
from service_portal.events.catalog import TicketFiled
from service_portal.events.subscriptions import LISTENERS
from service_portal.kernel.db import AnyRow, Model, db
from service_portal.tickets.asked import Request
from service_portal.tickets.clock_models import Clock
from service_portal.tickets.clock_rows import ClockRow
from service_portal.tickets.codes import EntryKind
from service_portal.tickets.models import Ticket, TimelineEntry
from service_portal.tickets.rules import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket(Request):
    """The columns of a ticket that its filing decides, by their names: what the request says, and
    what follows from it.

    A column added here is written; all others take their defaults.
    """

    enterprise_id: int
    park_id: int
    service_code: str
    category_code: str
    service_version_id: int
    filed_by_id: int | None
    channel: str
    amount: Decimal | None
    delivered_by: str
    auto_accept: bool
    effort_points: int
    next_due_at: datetime | None
    resolve_due_at: datetime | None
    filed_at: datetime
    last_word_at: datetime
    demo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A ticket to be opened: who opens it, what it is found by, and what is promised at once.

    `prefix` starts its reference; `idempotency` is the key of the request and the digest of its
    content.
    """

    ticket: NewTicket
    actor: Actor
    prefix: str
    words: list[str]
    clocks: Sequence[ClockRow]
    idempotency: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class FirstRows:
    """The rows a filing makes of one ticket: its own, its words, its first line, its clocks."""

    ticket: dict[str, Any]
    words: dict[str, Any]
    entry: dict[str, Any]
    clocks: list[dict[str, Any]]


def _typed(model: type[Model], names: Sequence[str]) -> str:
    """Give columns with their types, as a record made of JSON is declared."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # the library's own
    columns = [model.__table__.c[name] for name in names]
    return ", ".join(f"{column.name} {column.type.compile(dialect)}" for column in columns)


_OF_TICKET = [field.name for field in fields(NewTicket)]
_OF_ENTRY = ["at", "kind", "actor_person_id", "actor_role", "actor_name", "to_status", "data"]
_OF_CLOCK = list(ClockRow.__annotations__)
_TICKET, _TICKET_TYPED = ", ".join(_OF_TICKET), _typed(Ticket, _OF_TICKET)
_ENTRY, _ENTRY_TYPED = ", ".join(_OF_ENTRY), _typed(TimelineEntry, _OF_ENTRY)
_CLOCK, _CLOCK_TYPED = ", ".join(_OF_CLOCK), _typed(Clock, _OF_CLOCK)

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, default=str).encode

# What is put in are names of columns alone.
_OPEN = f"""
    WITH made AS (
        SELECT nextval('ticket_id_seq') AS id,
            prefix || lpad(number, greatest(5, length(number)), '0') AS reference, numbered.*
        FROM (
            SELECT CAST(nextval('ticket_number') AS text) AS number, opening.*
            FROM jsonb_to_recordset(CAST(%(openings)s AS jsonb)) AS opening(
                {_TICKET_TYPED}, prefix text, words text, entry jsonb, clocks jsonb,
                membership_id bigint, key text, request_hash bytea)
        ) AS numbered
    ), t AS (
        INSERT INTO ticket (id, reference, {_TICKET})
        SELECT id, reference, {_TICKET} FROM made
    ), found_by AS (
        INSERT INTO ticket_words (ticket_id, enterprise_id, words)
        SELECT id, enterprise_id, string_to_array(words || lower(reference), ' ') FROM made
    ), line AS (
        INSERT INTO timeline_entry (ticket_id, enterprise_id, {_ENTRY})
        SELECT id, enterprise_id, {_ENTRY}
        FROM made, jsonb_to_record(entry) AS of_entry({_ENTRY_TYPED})
    ), promised AS (
        INSERT INTO clock (ticket_id, enterprise_id, {_CLOCK})
        SELECT id, enterprise_id, {_CLOCK}
        FROM made, jsonb_to_recordset(clocks) AS of_clock({_CLOCK_TYPED})
    ), told AS (
        INSERT INTO outbox (event, task, ticket_id, enterprise_id, payload)
        SELECT CAST(%(event)s AS text), task, id, enterprise_id,
            jsonb_build_object('ticket_id', id, 'enterprise_id', enterprise_id)
        FROM made, unnest(CAST(%(tasks)s AS text[])) AS task
    ), once AS (
        INSERT INTO idempotency_key (membership_id, key, request_hash, ticket_id, enterprise_id,
            created_at)
        SELECT membership_id, key, request_hash, id, enterprise_id, filed_at FROM made
        WHERE key IS NOT NULL
    )
    SELECT id, reference FROM made ORDER BY id
"""


def open_tickets(openings: Sequence[Opening], *, event: str = TicketFiled.name) -> Sequence[AnyRow]:
    """Make tickets with all their first rows, say of each that it was filed by an `event`, and give
    their ids and references in the order of the openings.

    A used idempotency key raises IntegrityError on `pk_idempotency_key`; the caller rolls back and
    gives the first answer again.
    """
    said = {
        "openings": _encode([_document(opening) for opening in openings]),
        "event": event,
        "tasks": list(LISTENERS[event]),
    }
    # As at_once does, but in the driver's own words: no write is hotter than filing.
    return db.session.connection().exec_driver_sql(_OPEN, said).all()


def _document(opening: Opening) -> dict[str, Any]:
    key, digest = opening.idempotency or (None, b"")
    return {
        **_ticket(opening),
        "prefix": opening.prefix,
        # One text: an array of JSON is read word by word.
        "words": "".join(f"{word} " for word in opening.words),
        "entry": _entry(opening),
        "clocks": opening.clocks,
        "membership_id": opening.actor.membership_id,
        "key": key,
        "request_hash": rf"\x{digest.hex()}",
    }


def _ticket(opening: Opening) -> dict[str, Any]:
    return {name: getattr(opening.ticket, name) for name in _OF_TICKET}


def _entry(opening: Opening) -> dict[str, Any]:
    return {
        "at": opening.ticket.filed_at,
        "kind": EntryKind.FILE,
        "actor_person_id": opening.actor.person_id,
        "actor_role": str(opening.actor.role),
        "actor_name": opening.actor.name,
        "to_status": Status.SUBMITTED,
        "data": {"channel": opening.ticket.channel},
    }


def first_rows(opening: Opening, *, ticket_id: int, number: int) -> FirstRows:
    """Give the rows that filing would write, for a load that writes by COPY what came of them.

    Id and number were reserved beforehand.
    """
    reference = f"{opening.prefix}{number:05d}"
    of_ticket = {"ticket_id": ticket_id, "enterprise_id": opening.ticket.enterprise_id}
    return FirstRows(
        ticket={"id": ticket_id, "reference": reference, **_ticket(opening)},
        words={**of_ticket, "words": [*opening.words, reference.lower()]},
        entry={**of_ticket, **_entry(opening)},
        clocks=[{**of_ticket, **clock} for clock in opening.clocks],
    )

"""Repeated requests: a program that lost an answer sends the same again under the same key, and
nothing happens twice.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import request
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from service_portal.access.actor import Actor
from service_portal.api.problems import Invalid
from service_portal.filing.rules import request_hash
from service_portal.kernel.db import AnyRow, db
from service_portal.kernel.errors import Conflict
from service_portal.tickets.models import IdempotencyKey

KEY = re.compile(r"^[\x21-\x7e]{8,128}$")
HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 8, "maxLength": 128, "pattern": KEY.pattern},
    "description": (
        "Send the same key again after a lost answer, and nothing happens twice. With another body"
        " it is refused."
    ),
}
DESCRIBED: dict[str, Any] = {"parameters": [HEADER]}
FIRST: dict[str, str] = {}
REPLAYED = {"Idempotent-Replayed": "true"}
ANSWERED = {
    "Idempotent-Replayed": {
        "description": "there when it had been done before",
        "schema": {"type": "string", "enum": ["true"]},
    }
}

Key = tuple[str, bytes]


def key_of(said: Any) -> Key | None:
    """Give the key of this request with the digest of what it says, or None when it has none."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not KEY.fullmatch(key):
        raise Invalid(
            [("Idempotency-Key", _("Use 8 to 128 letters, digits or signs, without spaces."))]
        )
    return key, request_hash({"path": request.path.lower(), "said": said})


def noted(actor: Actor, key: str) -> AnyRow | None:
    """Give what is known of a key of the actor's: digest, ticket and moment."""
    query = sa.select(
        IdempotencyKey.request_hash, IdempotencyKey.ticket_id, IdempotencyKey.created_at
    )
    return db.session.execute(
        query.where(IdempotencyKey.membership_id == actor.membership_id, IdempotencyKey.key == key)
    ).first()


def done_once(idempotency: Key | None, *, actor: Actor, ticket_id: int) -> datetime | None:
    """Give when the act of a request was done on a ticket that may be out of the actor's reach by
    now, None when it was not.
    """
    row = noted(actor, idempotency[0]) if idempotency else None
    if (
        row is None
        or idempotency is None
        or (row.ticket_id, bytes(row.request_hash)) != (ticket_id, idempotency[1])
    ):
        return None
    done_at: datetime = row.created_at
    return done_at


def done_before(
    idempotency: Key | None, *, actor: Actor, ticket_id: int, enterprise_id: int, now: datetime
) -> datetime | None:
    """Note a key in the caller's transaction; give when its act was done if it was noted before,
    None when it is to be done now.

    A request under the same key that is still being served is waited for. With another content it
    raises Conflict.
    """
    if idempotency is None:
        return None
    key, digest = idempotency
    values = {
        "membership_id": actor.membership_id,
        "key": key,
        "request_hash": digest,
        "ticket_id": ticket_id,
        "enterprise_id": enterprise_id,
        "created_at": now,
    }
    if db.session.execute(
        insert(IdempotencyKey).values(values).on_conflict_do_nothing().returning(IdempotencyKey.key)
    ).first():
        return None
    row = noted(actor, key)
    if row is None or bytes(row.request_hash) != digest:
        raise Conflict(
            _("This idempotency key was used for another request. Use a new key."),
            code="key_reused",
        )
    done_at: datetime = row.created_at
    return done_at

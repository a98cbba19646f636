"""Tells the database who acts before a statement changes people or administrative data; it writes
that beside the change.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from flask import g, has_request_context, request
from sqlalchemy.engine.interfaces import DBAPICursor

from service_portal.kernel.db import at_once

# The tables whose every change the database notes; a law compares them with its triggers.
NOTED = (
    "absence",
    "api_token",
    "calendar",
    "calendar_day",
    "calendar_year",
    "category",
    "enterprise",
    "enterprise_exclusion",
    "institution",
    "institution_scope",
    "interest_conflict",
    "invitation",
    "member",
    "member_skill",
    "membership",
    "park",
    "person",
    "routing_rule",
    "service",
    "service_version",
    "station",
    "station_coverage",
    "zone",
)
_CHANGES = re.compile(
    rf'\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(?:{"|".join(NOTED)})\b', re.IGNORECASE
)
LONGEST_AGENT = 200


def init_acting(engine: sa.Engine) -> None:
    """Install it on an engine. Statements on other tables cost one look into a dictionary."""
    sa.event.listen(engine, "before_cursor_execute", _name_actor)


def loading() -> None:
    """Let the rest of this transaction fill a zone: first contents are not changes, and nobody made
    them.
    """
    at_once(sa.text("SELECT set_config('portal.loading', 'on', true)"))


def origin() -> dict[str, str]:
    """Give from where the present request comes: network address and browser."""
    return {
        "address": request.remote_addr or "",
        "agent": "".join(c for c in request.user_agent.string if c.isprintable())[:LONGEST_AGENT],
    }


def who() -> dict[str, Any]:
    """Give who acts in the present request; nobody who has signed in has no role."""
    actor = g.get("actor")
    if actor is None:
        return {"role": "", **origin()}
    return {
        "person_id": actor.person_id,
        "name": actor.name,
        "role": str(actor.role),
        **origin(),
    }


@lru_cache(maxsize=2048)
def _is_noted(statement: str) -> bool:
    return _CHANGES.search(statement) is not None


def _name_actor(
    connection: sa.Connection,
    _cursor: DBAPICursor,
    statement: str,
    *_about: Any,
) -> None:
    if has_request_context() and _is_noted(statement):
        said = json.dumps(who(), ensure_ascii=False)
        cursor = connection.connection.cursor()
        cursor.execute("SELECT set_config('portal.actor', %s, true)", (said,))
        cursor.close()

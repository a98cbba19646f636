"""Who acts in a request: a stranger from its first moment, somebody as soon as they are known.

The database is told before a statement changes people or administrative data; it writes that beside
the change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from flask import Flask, g, has_request_context, request
from sqlalchemy.engine.interfaces import DBAPICursor

from service_portal.access.actor import Actor
from service_portal.folders import brought
from service_portal.kernel import acting
from service_portal.kernel.acting import ActingFor
from service_portal.kernel.db import at_once, db, owners_engine

REQUEST, _BEFORE = "request", "portal.acted_before"
LONGEST_AGENT = 200
LONGEST_LOADING = timedelta(hours=2)

_PERMIT = sa.text("""
    INSERT INTO loading (xact, until)
    VALUES (:xact, clock_timestamp() + CAST(:longest AS interval))
""")
_PERMIT_NO_MORE = sa.text("DELETE FROM loading WHERE xact = :xact")


def init_acting(app: Flask) -> None:
    """Install it, before all else that looks at a request. Statements on other tables cost one look
    into a dictionary.
    """
    app.before_request(_begin)
    app.teardown_request(_end)
    with app.app_context():
        dialect = db.engine.dialect
    for name in ("do_execute", "do_executemany"):
        setattr(dialect, name, _naming(getattr(dialect, name)))


def act_as(actor: Actor | None) -> None:
    """Let the request be somebody's from now on, or a stranger's; the one place that says so."""
    g.actor = actor
    acting.become(_facts(actor) if actor else ActingFor(REQUEST))


def _facts(actor: Actor) -> ActingFor:
    return ActingFor(
        REQUEST,
        person_id=actor.person_id,
        role=str(actor.role),
        enterprise_id=actor.enterprise_id,
        station_id=actor.station_id,
        institution_id=actor.institution_id,
    )


def _begin() -> None:
    request.environ[_BEFORE] = acting.begin(REQUEST)
    g.actor = None


def _end(_error: BaseException | None) -> None:
    # A letter is written in a request of its own that never begins.
    before = request.environ.pop(_BEFORE, None)
    if before is not None:
        acting.end(before)


@contextmanager
def loading() -> Iterator[None]:
    """Let this transaction fill a zone: first contents are not changes, and nobody made them.

    The owner of the tables permits it, for this transaction alone; the role that serves can't.
    """
    xact = at_once(sa.text("SELECT pg_current_xact_id()::text::bigint")).scalar_one()
    owner = owners_engine()
    with owner.begin() as connection:
        connection.execute(_PERMIT, {"xact": xact, "longest": LONGEST_LOADING})
    try:
        yield
        db.session.flush()
    finally:
        with owner.begin() as connection:
            connection.execute(_PERMIT_NO_MORE, {"xact": xact})


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


@lru_cache(maxsize=1)
def _changes() -> re.Pattern[str]:
    noted = "|".join(table for folder in brought() for table in folder.noted)
    return re.compile(rf'\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(?:{noted})\b', re.IGNORECASE)


@lru_cache(maxsize=2048)
def _is_noted(statement: str) -> bool:
    return _changes().search(statement) is not None


def _naming(do: Callable[..., None]) -> Callable[..., None]:
    def named(cursor: DBAPICursor, statement: str, *about: Any) -> None:
        if has_request_context() and _is_noted(statement):
            _name_actor(cursor)
        do(cursor, statement, *about)

    return named


def _name_actor(beside: Any) -> None:
    said = json.dumps(who(), ensure_ascii=False)
    with beside.connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.actor', %s, true)", (said,))

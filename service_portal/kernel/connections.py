"""Notices, before a statement is spent, that the database has closed a connection."""

from __future__ import annotations

import select
from typing import Any

import sqlalchemy as sa


def drop_stale(engine: sa.Engine) -> None:
    """Let a connection that the server has closed be replaced when it is taken from the pool.

    Nobody speaks on a connection that lies in the pool. If there is something to read, it is the
    server's last word: it was restarted, or has ended this session. Looking at the socket costs
    some microseconds; a ping would cost a round trip for each request.
    """

    @sa.event.listens_for(engine, "checkout")
    def look(connection: Any, _record: object, _fairy: object) -> None:
        if _has_something_to_read(connection.fileno()):
            # What was opened before has most likely gone the same way.
            raise sa.exc.InvalidatePoolError


def _has_something_to_read(handle: int) -> bool:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(0))

"""Work that only one process may do at a time, on however many hosts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from service_portal.kernel.db import db


@contextmanager
def alone_at(number: int) -> Iterator[bool]:
    """Hold the turn with this number and say whether it was free; a process that dies gives it back
    by that.

    It is held by a connection of its own, outside of any transaction.
    """
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_free = bool(
            connection.scalar(sa.text("SELECT pg_try_advisory_lock(:number)"), {"number": number})
        )
        try:
            yield is_free
        finally:
            if is_free:
                connection.execute(
                    sa.text("SELECT pg_advisory_unlock(:number)"), {"number": number}
                )

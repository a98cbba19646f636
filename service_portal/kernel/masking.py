"""Takes what people typed out of the database's errors, before anybody writes them to a log.

PostgreSQL names the row that failed in an error's details, and the value it could not read in its
message; psycopg makes one text of both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import sqlalchemy as sa

# Errors of this class are about a value, and quote it.
ABOUT_A_VALUE = "22"
_QUOTED = re.compile(r'"(?:[^"]|"")*"?', re.DOTALL)


def mask(error: BaseException | None) -> None:
    """Leave of every database error in a chain what is wrong and where, and nothing of the data."""
    for one in _chain(error):
        if isinstance(one, psycopg.Error):
            one.args = (_plain(one),)
        elif isinstance(one, sa.exc.DBAPIError) and isinstance(one.orig, psycopg.Error):
            one.orig.args = (_plain(one.orig),)
            one.args = (f"({type(one.orig).__name__}) {one.orig}",)


def mask_at_the_source(engine: sa.Engine) -> None:
    """Mask the errors of all statements of an engine: printing one gives nothing away.

    The dialect's own functions do it: with a listener on the engine, every statement would look for
    listeners at a dozen places, a tenth of the work of a page.
    """
    dialect = engine.dialect
    for name in ("do_execute", "do_executemany", "do_commit"):
        setattr(dialect, name, _masked(getattr(dialect, name)))


def _masked(do: Callable[..., None]) -> Callable[..., None]:
    def masked(*arguments: Any) -> None:
        try:
            do(*arguments)
        except psycopg.Error as error:
            mask(error)
            raise

    return masked


def _plain(error: psycopg.Error) -> str:
    told = error.diag.message_primary
    if told is None:
        # It never reached the database; what libpq and psycopg say themselves names no data.
        return str(error.args[0]) if error.args else ""
    if (error.sqlstate or "").startswith(ABOUT_A_VALUE):
        told = _QUOTED.sub("“…”", told)
    places = (error.diag.table_name, error.diag.column_name, error.diag.constraint_name)
    where = ", ".join(place for place in places if place)
    return f"{error.sqlstate} {told}" + (f" ({where})" if where else "")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions

"""For whom the present work is done: known to every transaction, from its beginning.

A request, a task, a command and a process that works by itself say it at their entrance. Nothing is
said to the database yet; row level security will stand here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from traceback import format_stack
from typing import Any

import sqlalchemy as sa
from flask_sqlalchemy.session import Session
from sqlalchemy import orm

from service_portal.kernel.db import db
from service_portal.kernel.logs import log


@dataclass(frozen=True, slots=True)
class ActingFor:
    """What does the work, by name, and the facts of the person it is done for.

    A stranger's request has no person, nor has what the portal does by itself.
    """

    work: str
    person_id: int | None = None
    role: str = ""
    enterprise_id: int | None = None
    station_id: int | None = None
    institution_id: int | None = None


class NobodyActs(Exception):
    """A transaction began and nobody had said for whom."""


_KNOWN = "acting_for"
_present: ContextVar[ActingFor | None] = ContextVar(_KNOWN, default=None)
_otherwise: ActingFor | None = None
_insists = False


def begin(work: str) -> Token[ActingFor | None]:
    """Let what follows be a part of the portal's own work, until `end` is given the token."""
    return _present.set(ActingFor(work))


def end(before: Token[ActingFor | None]) -> None:
    """Let act again what did before."""
    _present.reset(before)


@contextmanager
def acting(work: str) -> Iterator[None]:
    """Let what happens inside be the work of a task, a command or a process."""
    before = begin(work)
    try:
        yield
    finally:
        end(before)


def become(person: ActingFor) -> None:
    """Let the work that has begun be somebody's, its transaction too: who they are was found out in
    it.
    """
    _present.set(person)
    session = db.session()
    if session.in_transaction():
        _tell(session, person)


def acting_for() -> ActingFor | None:
    """Give for whom the present work is done, or None where nobody has said it."""
    return _present.get() or _otherwise


def known_to(session: orm.Session) -> ActingFor | None:
    """Give for whom the transaction of a session acts, as it was told."""
    known: ActingFor | None = session.info.get(_KNOWN)
    return known


def ask_transactions() -> None:
    """Let every transaction ask for whom it begins. Where nobody has said it, the log has an
    error.
    """
    if not sa.event.contains(Session, "after_begin", _ask):
        sa.event.listen(Session, "after_begin", _ask)


def insist(otherwise: str = "") -> None:
    """Raise NobodyActs instead, for those who develop; `otherwise` acts where tests go in by no
    entrance.
    """
    global _insists, _otherwise
    _insists, _otherwise = True, ActingFor(otherwise) if otherwise else None


def _ask(session: orm.Session, _transaction: Any, _connection: sa.Connection) -> None:
    acting_now = acting_for()
    if acting_now is None and _insists:
        raise NobodyActs()
    if acting_now is None:
        at = "".join(format_stack(limit=12))
        log.error("a transaction began and nobody had said for whom", at=at)
    _tell(session, acting_now)


def _tell(session: orm.Session, acting_now: ActingFor | None) -> None:
    """Let the transaction know. The one place where the database will be told, too."""
    session.info[_KNOWN] = acting_now

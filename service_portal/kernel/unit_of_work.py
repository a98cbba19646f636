"""The only place that commits: one use case, one transaction.

A view or the worker's handler opens it; services inside flush and never commit. Leaving with an
exception rolls everything back, the outbox rows included, so an event is never told of work that
did not happen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import uniform
from time import sleep
from typing import TypeVar

import sqlalchemy as sa

from service_portal.kernel.db import db

Result = TypeVar("Result")

RETRYABLE = {"40001", "40P01"}
ATTEMPTS = 3
_AFTER, _UNDONE = "after_commit", "after_rollback"


@contextmanager
def unit_of_work() -> Iterator[None]:
    """Commit what happens inside as one transaction, or nothing of it."""
    db.session.info.pop(_AFTER, None)
    db.session.info.pop(_UNDONE, None)
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        db.session.info.pop(_AFTER, None)
        for work in db.session.info.pop(_UNDONE, ()):
            work()
        raise
    for work in db.session.info.pop(_AFTER, ()):
        work()


def after_commit(work: Callable[[], None]) -> None:
    """Do `work` when the present unit of work has been committed, and never if it is rolled back.

    A process that dies in between does not do it: something else must come round to it later.
    """
    db.session.info.setdefault(_AFTER, []).append(work)


def after_rollback(work: Callable[[], None]) -> None:
    """Do `work` when the present unit of work has been rolled back: what this process remembers of
    it is put right.
    """
    db.session.info.setdefault(_UNDONE, []).append(work)


def run_retrying(work: Callable[[], Result]) -> Result:
    """Run `work` in a unit of work; repeat it whole after a deadlock or serialization failure.

    Gives up after three attempts. `work` must read everything it decides on inside itself.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with unit_of_work():
                return work()
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in RETRYABLE or attempt == ATTEMPTS:
                raise
            sleep(uniform(0.01, 0.05) * attempt)  # noqa: S311 – it only spreads out the retries
    raise AssertionError("unreachable")

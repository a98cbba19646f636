"""What a folder offers to the status page: its facts as a part of one statement, and how they are
judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, NamedTuple

from flask_babel import gettext as _

from service_portal.kernel.db import AnyRow

Judged = dict[str, dict[str, Any]]

SLOW = timedelta(seconds=60)
_BEGAN = monotonic()


class Measure(NamedTuple):
    """A number for Prometheus."""

    name: str
    about: str
    value: float


@dataclass(frozen=True, slots=True)
class Health:
    """Lines of the status page, in the order of their places.

    `facts` is a SELECT of exactly one row, whose columns no other folder names; it may use `:now`.
    `judge` gives each line green, amber or red, with a word for everybody who may ask; `explain`
    says what only the operator may read, such as the reason of a failure.
    """

    place: int
    facts: str
    judge: Callable[[AnyRow, datetime], Judged]
    measure: Callable[[AnyRow], Iterable[Measure]] | None = None
    explain: Callable[[AnyRow], dict[str, str | None]] | None = None


@dataclass(frozen=True, slots=True)
class Mails:
    """A table of rows that are sent as mails, with the columns of `web.transmission`.

    `which` says in SQL which of its rows are mails, `missed` which of those that were not sent
    somebody may miss, `invited` which go to an address that somebody typed who need not know whose
    it is; `what` and `kind` (SQL) name one to the operator.
    """

    table: str
    what: str
    kind: str
    which: str = "true"
    missed: str = "true"
    invited: str = "false"


def seconds_since_start() -> float:
    """Say for how long this process runs: parts come up beside the web and have to be heard of."""
    return monotonic() - _BEGAN


def judge_age(oldest: datetime | None, present: datetime, *, waiting: int = 0) -> dict[str, str]:
    """Judge by how long the oldest of what waits does so."""
    if oldest is None:
        return {"status": "green", "detail": _("nothing waits")}
    age = present - oldest
    detail = _("oldest waits %(n)d s", n=max(0, int(age.total_seconds()))) + (
        f" ({waiting})" if waiting else ""
    )
    return {"status": "red" if age > SLOW else "green", "detail": detail}

"""After the answer: who is called back, and how long one may think again. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from service_portal.sla.business_time import Limit
from service_portal.sla.codes import LimitUnit
from service_portal.tickets.rules import Verdict

# So long what was said of a result can be said anew.
CHANGED_WITHIN = timedelta(days=7)
# Whoever is not content is called within a working day (domain.md 2.2, rule 7).
CALLED_WITHIN = Limit(1, LimitUnit.WORKING_DAYS)
NOT_CONTENT = 2


def needs_call(level: int | None, verdict: str | None) -> bool:
    """Say whether an enterprise that says this of a result is called back by a lead."""
    return verdict == Verdict.NOT_SOLVED or (level is not None and level <= NOT_CONTENT)


def can_change(first_at: datetime | None, now: datetime) -> bool:
    """Say whether what was first said at a moment can be changed now; what was never said can be
    said.
    """
    return first_at is None or now <= first_at + CHANGED_WITHIN

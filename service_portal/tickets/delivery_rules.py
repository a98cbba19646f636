"""Is a contact countable?

`countable` is a decision with a reason, never a side effect of saving a row (domain.md 0.2, 2.6).
Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from service_portal.tickets.codes import ContactChannel

RULE_VERSION = 1
SHORTEST_SUMMARY = 10
LATEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class DeliveryFacts:
    """What the decision looks at."""

    summary: str
    has_evidence: bool
    minutes: int
    channel: str
    counted_already: bool
    same_controller: bool
    started_at: datetime
    filed_at: datetime
    now: datetime


def not_countable(facts: DeliveryFacts) -> str | None:
    """Name why a contact does not count, or None when it does.

    Conflicts come first, then evidence, then repetition.
    """
    if facts.same_controller:
        return "same_controller"
    if facts.started_at < facts.filed_at - timedelta(minutes=1):
        return "before_filing"
    if facts.now - facts.started_at > LATEST:
        return "too_late"
    if len(facts.summary.strip()) < SHORTEST_SUMMARY and not _is_chinese(facts.summary):
        return "no_substance"
    if not facts.has_evidence:
        return "no_evidence"
    if facts.minutes == 0 and facts.channel not in {
        ContactChannel.MESSAGE,
        ContactChannel.DOCUMENT,
    }:
        return "no_time"
    if facts.counted_already:
        return "same_day"
    return None


def _is_chinese(text: str) -> bool:
    return sum("\u3400" <= c <= "\u9fff" for c in text) >= SHORTEST_SUMMARY // 2

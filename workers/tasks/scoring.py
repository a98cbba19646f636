"""Scoring: what changed is scored anew; a published version is computed for everybody."""

from __future__ import annotations

from collections.abc import Sequence

from service_portal.events.inbox import Delivery
from service_portal.scoring import computing
from workers.handling import handler, now


@handler("scoring.score_waiting", goes_on=True)
def score_waiting(deliveries: Sequence[Delivery]) -> int:
    """Score those whose facts changed; on a tick go on with the runs that wait."""
    return computing.score_waiting(deliveries, now=now())

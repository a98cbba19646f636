"""Financing: what a bank does not take up in time lapses, and so does what is not accepted."""

from __future__ import annotations

from service_portal.financing import ending, waiting
from workers.handling import handler, now


@handler("financing.lapse_unanswered")
def lapse_unanswered(deliveries: object) -> None:
    """Let requests lapse that no bank took up in time."""
    ending.lapse_unanswered(now=now())


@handler("financing.look_after_approvals")
def look_after_approvals(deliveries: object) -> None:
    """Remind of approvals that nobody accepts, and end those whose last day is over."""
    waiting.look_after_approvals(now=now())

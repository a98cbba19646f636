"""Financing: what a bank does not take up in time lapses."""

from __future__ import annotations

from service_portal.financing import ending
from workers.handling import handler, now


@handler("financing.lapse_unanswered")
def lapse_unanswered(deliveries: object) -> None:
    """Let requests lapse that no bank took up in time."""
    ending.lapse_unanswered(now=now())

"""The ends of lines whose last day is over."""

from __future__ import annotations

from service_portal.money import services
from workers.handling import handler, now


@handler("money.expire_lines")
def expire_lines(deliveries: object) -> None:
    """Book the end of lines whose last day is over."""
    services.expire_lines(now=now())

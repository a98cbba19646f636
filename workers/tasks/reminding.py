"""Reminding: what is due speaks."""

from __future__ import annotations

from service_portal.reminding import services
from workers.handling import handler, now


@handler("reminding.fire_due")
def fire_due(deliveries: object) -> None:
    """Fire the alarms that are due."""
    services.fire_due(now=now())

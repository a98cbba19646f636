"""Routing: a ticket finds its station."""

from __future__ import annotations

from service_portal.routing import services
from workers.handling import handler, now


@handler("routing.route_waiting", batch=1000)
def route_waiting(deliveries: object) -> None:
    """Route everything that waits for a station."""
    services.route_waiting(now=now())

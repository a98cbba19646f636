"""Routing: a ticket finds its station."""

from __future__ import annotations

from collections.abc import Sequence

from service_portal.events.inbox import Delivery
from service_portal.routing import services
from workers.handling import handler, now


@handler("routing.route_waiting", batch=1000)
def route_waiting(deliveries: Sequence[Delivery]) -> int:
    """Route what is new; on a tick also what found no station before."""
    return services.route_waiting(now=now(), again=not deliveries)

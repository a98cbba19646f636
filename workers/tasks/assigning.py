"""Assigning: a ticket finds its owner and its institution."""

from __future__ import annotations

from collections.abc import Sequence

from service_portal.assigning import answering, offering, services
from service_portal.events.inbox import Delivery, concerned_by
from workers.handling import handler, now


@handler("assigning.assign_waiting", batch=1000)
def assign_waiting(deliveries: Sequence[Delivery]) -> int:
    """Give what waits an owner; on a tick everywhere, else where something happened."""
    return services.assign_waiting(now=now(), concerned=concerned_by(deliveries))


@handler("assigning.offer_waiting", batch=1000)
def offer_waiting(deliveries: Sequence[Delivery]) -> int:
    """Offer what is accepted and delivered by the pool; on a tick all, else what may fit now."""
    return offering.offer_waiting(now=now(), concerned=concerned_by(deliveries))


@handler("assigning.expire_offers")
def expire_offers(deliveries: object) -> None:
    """Pass on offers nobody answered in time."""
    answering.expire_offers(now=now())

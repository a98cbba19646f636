"""Assigning: a ticket finds its owner and its institution."""

from __future__ import annotations

from service_portal.assigning import offering, services
from workers.handling import handler, now


@handler("assigning.assign_waiting", batch=1000)
def assign_waiting(deliveries: object) -> None:
    """Give everything that waits an owner."""
    services.assign_waiting(now=now())


@handler("assigning.offer_waiting", batch=1000)
def offer_waiting(deliveries: object) -> None:
    """Offer everything accepted that the pool delivers."""
    offering.offer_waiting(now=now())


@handler("assigning.expire_offers")
def expire_offers(deliveries: object) -> None:
    """Pass on offers nobody answered in time."""
    offering.expire_offers(now=now())

"""Working: requests for a later day on which nobody decided in time."""

from __future__ import annotations

from service_portal.working import extending
from workers.handling import handler, now


@handler("working.lapse_extensions")
def lapse_extensions(deliveries: object) -> None:
    """End them: the promised day stands."""
    extending.lapse_extensions(now=now())

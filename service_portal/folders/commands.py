"""What an upgrade does besides the schema: a part of `portal migrate`."""

from __future__ import annotations

from service_portal.folders import complete
from service_portal.kernel.clock import now
from service_portal.kernel.unit_of_work import unit_of_work


def complete_zone() -> None:
    """Make what a zone that exists lacks since the release it was made with."""
    with unit_of_work():
        complete(now=now())

"""Which ticket an address names, for whoever may see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from service_portal.access.permissions import Permission
from service_portal.kernel.errors import Missing
from service_portal.tickets.queries import id_of_reference, see_ticket
from service_portal.web.guards import current_actor, permission_here

REFERENCE = re.compile(r"[A-Za-z0-9-]{3,60}")


def of_ticket(view: Callable[..., Any]) -> Callable[..., Any]:
    """Give a view the ticket its address names, before anything else is read.

    A foreign one answers like a missing one. What the route needs for anything at all,
    `requires` has asked; here it is asked for this ticket.
    """

    @wraps(view)
    def with_ticket(reference: str, *args: Any, **kwargs: Any) -> Any:
        if not REFERENCE.fullmatch(reference):
            raise Missing()
        needed = permission_here() or Permission.TICKET_VIEW
        seen = see_ticket(id_of_reference(reference), actor=current_actor(), permission=needed)
        return view(seen, *args, **kwargs)

    return with_ticket

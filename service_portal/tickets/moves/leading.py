"""Where an act leads that people make on a page of their own as well."""

from __future__ import annotations

from collections.abc import Callable

from flask import request, url_for


def back_to(**pages: str) -> Callable[[int], str]:
    """Make the way back to the page that the form of an act names as `from`, by the endpoints of
    such pages; else to the ticket.
    """

    def lead(ticket_id: int) -> str:
        page = pages.get(request.form.get("from", ""))
        return url_for(page) if page else url_for("tickets.show_ticket", ticket_id=ticket_id)

    return lead

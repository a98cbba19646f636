"""Resolving: what nobody confirms is closed, not rated; what can't be opened again is archived."""

from __future__ import annotations

from flask import current_app

from service_portal.resolving import archiving, services
from workers.handling import handler, now


@handler("resolving.close_silent")
def close_silent(deliveries: object) -> None:
    """Close answered tickets that have waited long enough."""
    services.close_silent(working_days=current_app.config["AUTO_CLOSE_WORKING_DAYS"], now=now())


@handler("resolving.archive_closed")
def archive_closed(deliveries: object) -> None:
    """Archive closed tickets that can't be opened again."""
    archiving.archive_closed(window_days=current_app.config["REOPEN_WINDOW_DAYS"], now=now())

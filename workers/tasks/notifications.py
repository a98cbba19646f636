"""Messages: promised at once, sent as soon as the server takes them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import current_app

from service_portal.events.inbox import Delivery
from service_portal.notifications import services
from workers.celery_app import celery
from workers.handling import handler, now
from workers.mailing import MOST_SECONDS, send_due


@handler("notifications.tell")
def tell(deliveries: Sequence[Delivery]) -> None:
    """Promise a message to everybody concerned by these events."""
    services.tell(
        deliveries, now=now(), host=urlsplit(current_app.config["BASE_URL"]).hostname or "localhost"
    )


@celery.task(
    name="notifications.send_mail",
    ignore_result=True,
    soft_time_limit=MOST_SECONDS,
    time_limit=MOST_SECONDS + 10,
)
def send_mail() -> None:
    """Send the mails that are due."""
    send_due(base_url=current_app.config["BASE_URL"])

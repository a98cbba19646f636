"""Promised messages with the mails that carry them."""

from __future__ import annotations

from datetime import datetime
from secrets import token_hex
from typing import Any

from service_portal.kernel.db import db
from service_portal.notifications.models import Notification, NotificationDelivery


def create_message(
    person_id: int, *, kind: str, at: datetime, mail: str = "queued", **about: Any
) -> None:
    """Promise somebody a word in the bell and by a mail in some state."""
    name = token_hex(8)
    message = Notification(
        source=f"event-{name}",
        person_id=person_id,
        channel="app",
        kind=kind,
        state="sent",
        created_at=at,
        **about,
    )
    db.session.add(message)
    db.session.flush()
    db.session.add(
        NotificationDelivery(
            notification_id=message.id,
            channel="mail",
            message_id=f"<{name}@x>",
            state=mail,
            created_at=at,
            last_error="x",
        )
    )
    db.session.flush()

"""Mails that a restored backup has brought along: they may have been sent already, so the operator
decides.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from service_portal.accounts.models import Letter
from service_portal.kernel.db import db
from service_portal.notifications.models import Notification
from service_portal.web.transmission import DropReason, MailState

ON_THEIR_WAY = (MailState.QUEUED, MailState.SENDING)


def hold_all() -> int:
    """Hold every mail that is on its way, and count them."""
    return _change(ON_THEIR_WAY, {"state": MailState.HELD, "lease_until": None})


def send_held() -> int:
    """Let every held mail go on its way again, and count them;
    each meets the checks of any mail.
    """
    due = sa.func.clock_timestamp()
    return _change((MailState.HELD,), {"state": MailState.QUEUED, "available_at": due})


def drop_held() -> int:
    """Drop every held mail, and count them; the bell goes on saying what it says."""
    values = {"state": MailState.DROPPED, "drop_reason": DropReason.OPERATOR}
    return _change((MailState.HELD,), values, letter={"body": None})


def _change(
    before: tuple[MailState, ...], values: dict[str, Any], letter: dict[str, Any] | None = None
) -> int:
    told = sa.update(Notification).where(
        Notification.channel == "mail", Notification.state.in_(before)
    )
    written = sa.update(Letter).where(Letter.state.in_(before))
    count = 0
    for statement in (told.values(**values), written.values(**values, **(letter or {}))):
        plain = statement.execution_options(synchronize_session=False)
        changed: sa.CursorResult[Any] = db.session.execute(plain)  # type: ignore[assignment]
        count += changed.rowcount
    return count

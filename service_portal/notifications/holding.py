"""Mails of which the operator decides: those that a restored backup has brought along, which may
have been sent already, and those that the mail server refuses in a way that may be our own fault.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from service_portal.accounts.models import Letter
from service_portal.kernel.db import db
from service_portal.notifications.models import Notification, NotificationDelivery
from service_portal.notifications.rules import MAIL
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


WHAT: dict[str, Any] = {
    "mail": NotificationDelivery,
    "former-mail": Notification,
    "letter": Letter,
}
# Nothing is said of a mail as long as nobody refused it: it just waits.
_UNDECIDED = sa.text("(state = 'held' OR (state = 'queued' AND last_error IS NOT NULL))")


def decide(what: str, mail_id: int, choice: str) -> int:
    """Send one mail again that is held or was refused, or drop it; 0 when it is neither by now."""
    model = WHAT[what]
    values: dict[str, Any] = {"state": MailState.QUEUED, "available_at": sa.func.clock_timestamp()}
    if choice == "drop":
        values = {"state": MailState.DROPPED, "drop_reason": DropReason.OPERATOR}
        values |= {"body": None} if model is Letter else {}
    change = sa.update(model).where(model.id == mail_id, _UNDECIDED).values(**values)
    return _count(change)


def _change(
    before: tuple[MailState, ...], values: dict[str, Any], letter: dict[str, Any] | None = None
) -> int:
    count = 0
    for model in (NotificationDelivery, Notification):
        told = sa.update(model).where(model.channel == MAIL, model.state.in_(before))
        count += _count(told.values(**values))
    written = sa.update(Letter).where(Letter.state.in_(before))
    return count + _count(written.values(**values, **(letter or {})))


def _count(change: sa.Update) -> int:
    plain = change.execution_options(synchronize_session=False)
    # SQLAlchemy gives a cursor for every change; its types say so of none.
    changed: sa.CursorResult[Any] = db.session.execute(plain)  # type: ignore[assignment]
    return changed.rowcount

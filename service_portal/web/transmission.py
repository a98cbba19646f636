"""What every row has that becomes a mail: its state, its lease, and why it was not sent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column


class MailState(StrEnum):
    """How far a mail is: it waits, is being handed over, or came to its end."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"
    HELD = "held"


class DropReason(StrEnum):
    """Why a mail that was promised is not sent any more."""

    INACTIVE = "inactive"
    ROLE_ENDED = "role_ended"
    NOT_VISIBLE = "not_visible"
    UNKNOWN = "unknown"
    ANSWERED = "answered"
    EXPIRED = "expired"
    OPERATOR = "operator"


# A mail is on its way until it is sent, refused for good, dropped, or held for the operator.
ON_ITS_WAY = "state IN ('queued', 'sending')"
SET_ASIDE = "state IN ('failed', 'dropped', 'held')"


class Transmission:
    """The columns of a row that is sent under a lease: whose token it carries may say how it went."""

    state: Mapped[str] = mapped_column(server_default="queued")
    attempts: Mapped[int] = mapped_column(server_default="0")
    available_at: Mapped[datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    lease_token: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    lease_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    drop_reason: Mapped[str | None]
    sent_at: Mapped[datetime | None]


def checks() -> tuple[sa.CheckConstraint, ...]:
    """Give the checks of such a table."""
    return (
        sa.CheckConstraint(f"state IN ({_listed(MailState)})", name="state"),
        sa.CheckConstraint(f"drop_reason IN ({_listed(DropReason)})", name="drop_reason"),
        sa.CheckConstraint("(state = 'dropped') = (drop_reason IS NOT NULL)", name="dropped"),
    )


def _listed(codes: type[StrEnum]) -> str:
    return ", ".join(f"'{code}'" for code in codes)

"""Rows that become mails: claimed by a lease, confirmed under it, and ended with a reason when they
are not sent.

Nothing here holds a transaction open while a mail server answers. A claim is committed before the
mail is handed over, and only who still holds the lease may say how it went. A sender that dies in
between leaves its lease to run out, and the same mail goes out again under the same `Message-ID`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.codes import among
from service_portal.kernel.db import coded, db, holds
from service_portal.kernel.logs import log
from service_portal.web.mail import MAIL_SECONDS
from service_portal.web.mail_refusals import Fate, Refusal

# Longer than a mail may take in all, so that no other sender takes one that is still being handed
# over.
LEASE = timedelta(seconds=MAIL_SECONDS + 10)
# Whoever begins to send is the only one; what another one has held for longer than this is in
# nobody's hands.
LOST_AFTER = timedelta(seconds=20)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=15)
# How often a mail may break in our own hands, and how often its recipient's server may put it off:
# that takes five days.
MOST_ATTEMPTS, MOST_PUT_OFF = 8, 5 * 24 * 4


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
ON_ITS_WAY = among("state", (MailState.QUEUED, MailState.SENDING))
UNTRIED = f"{ON_ITS_WAY} AND attempts = 0"
SET_ASIDE = among("state", (MailState.FAILED, MailState.DROPPED, MailState.HELD))


class Transmission:
    """The columns of a row that is sent under a lease: whoever carries its token may say how it
    went.
    """

    state: Mapped[str] = coded(MailState, server_default=MailState.QUEUED)
    attempts: Mapped[int] = mapped_column(server_default="0")
    available_at: Mapped[datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    lease_token: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    lease_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    drop_reason: Mapped[str | None] = coded(DropReason)
    sent_at: Mapped[datetime | None]


def checks() -> tuple[sa.CheckConstraint, ...]:
    """Give the checks of such a table."""
    return (
        holds("state", MailState),
        holds("drop_reason", DropReason),
        sa.CheckConstraint("(state = 'dropped') = (drop_reason IS NOT NULL)", name="dropped"),
    )


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to send one mail and to say how it went, for a while."""

    id: int
    token: int
    attempts: int

    @property
    def is_first(self) -> bool:
        """Say whether the mail was never tried before."""
        return self.attempts == 1


def _claim(model: Any, state: str, *which: sa.ColumnElement[bool]) -> sa.Executable:
    now = sa.func.clock_timestamp()
    # A row that is locked is in somebody's hands.
    picked = (
        sa.select(model.id)
        .where(
            *which,
            sa.text(state),
            model.available_at <= now,
            sa.or_(model.lease_until.is_(None), model.lease_until < now),
        )
        .order_by(model.available_at, model.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("picked")
        .prefix_with("MATERIALIZED")
    )
    return (
        sa.update(model)
        .where(model.id == picked.c.id)
        .values(
            state=MailState.SENDING,
            attempts=model.attempts + 1,
            lease_token=model.lease_token + 1,
            lease_until=now + LEASE,
        )
        .returning(model.id, model.lease_token, model.attempts)
    )


def _leased(claim: sa.Executable) -> Lease | None:
    row = db.session.connection().execute(claim).one_or_none()
    return None if row is None else Lease(*row)


class MailQueue:
    """The mails of one table.

    `which` narrows it; the columns named by `cleared` are emptied when a mail is over.
    """

    def __init__(
        self, model: Any, *which: sa.ColumnElement[bool], cleared: tuple[str, ...] = ()
    ) -> None:
        """Put the statements together, once."""
        self.name = model.__tablename__
        now = sa.func.clock_timestamp()
        self._claim = _claim(model, ON_ITS_WAY, *which)
        self._claim_untried = _claim(model, UNTRIED, *which)
        self._free = (
            sa.update(model)
            .where(
                *which,
                model.state == MailState.SENDING,
                model.lease_until < now + (LEASE - LOST_AFTER),
            )
            .values(lease_until=None)
        )
        is_ours = sa.and_(
            model.id == sa.bindparam("leased"),
            model.lease_token == sa.bindparam("token"),
            model.state == MailState.SENDING,
        )
        over = (
            sa.update(model).where(is_ours).values({"lease_until": None, **dict.fromkeys(cleared)})
        )
        self._sent = over.values(state=MailState.SENT, sent_at=sa.bindparam("at"), last_error=None)
        self._failed = over.values(state=MailState.FAILED, last_error=sa.bindparam("error"))
        self._held = (
            sa.update(model)
            .where(is_ours)
            .values(
                state=MailState.HELD,
                lease_until=None,
                last_error=sa.bindparam("error"),
            )
        )
        self._dropped = over.values(state=MailState.DROPPED, drop_reason=sa.bindparam("reason"))
        self._later = (
            sa.update(model)
            .where(is_ours)
            .values(
                state=MailState.QUEUED,
                attempts=sa.bindparam("attempts"),
                lease_until=None,
                last_error=sa.bindparam("error"),
                available_at=now + sa.bindparam("pause", type_=sa.Interval),
            )
        )

    def free_lost(self) -> None:
        """Take back the leases of a sender that was lost.

        Only for one that holds the turn to send, which such a sender has lost.
        """
        db.session.connection().execute(self._free)

    def claim(self) -> Lease | None:
        """Lease the mail that is due for longest, None when none is.

        The caller commits before sending.
        """
        return _leased(self._claim)

    def claim_untried(self) -> Lease | None:
        """Lease the one that is due for longest of those that were never tried, as claim does."""
        return _leased(self._claim_untried)

    def confirm(self, lease: Lease, *, now: datetime) -> None:
        """Note that the server has taken the mail, unless somebody else has it by now."""
        self._end(self._sent, lease, at=now)

    def drop(self, lease: Lease, reason: DropReason) -> None:
        """Note that the mail must not be sent any more, and why."""
        log.info("mail dropped", mail=f"{self.name} {lease.id}", reason=str(reason))
        self._end(self._dropped, lease, reason=str(reason))

    def fail(self, lease: Lease, refusal: Refusal) -> None:
        """Note why a mail was not sent, and what becomes of it.

        It waits for as long as it takes for a server that is away or has something against us, for
        five days for a recipient, and is tried again twice as late each time, up to a quarter of an
        hour. What is refused for good has failed; so has what broke eight times in our own hands.
        What may be the mail's fault or ours is held until the operator sends or drops it.
        """
        has_failed = (
            refusal.fate is Fate.FAILS
            or (refusal.fate is Fate.BROKEN and lease.attempts >= MOST_ATTEMPTS)
            or (refusal.fate is Fate.LATER and lease.attempts >= MOST_PUT_OFF)
        )
        log.warning(
            "mail not taken",
            mail=f"{self.name} {lease.id}",
            attempts=lease.attempts,
            final=has_failed,
            held=refusal.fate is Fate.HELD,
            error=refusal.summary,
        )
        if has_failed:
            self._end(self._failed, lease, error=refusal.said)
        elif refusal.fate is Fate.HELD:
            self._end(self._held, lease, error=refusal.said)
        else:
            pause = min(FIRST_PAUSE * 2 ** min(lease.attempts - 1, 10), LONGEST_PAUSE)
            self._end(self._later, lease, error=refusal.said, pause=pause, attempts=lease.attempts)

    def put_off(self, lease: Lease, refusal: Refusal, pause: timedelta) -> None:
        """Let a mail wait that was not tried."""
        attempts = lease.attempts - 1
        self._end(self._later, lease, error=refusal.said, pause=pause, attempts=attempts)

    def _end(self, statement: sa.Update, lease: Lease, **values: object) -> None:
        db.session.connection().execute(
            statement, {"leased": lease.id, "token": lease.token, **values}
        )

"""Writes the ledger through the one database function that may: numbered, chained, rolled up,
once.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing
from service_portal.ledger.models import UsageAnchor, UsageEntry, UsageHead

_APPEND = sa.text("SELECT usage_append(CAST(:entry AS jsonb))")
_APPEND_MANY = sa.text("SELECT count(*) FROM usage_append_many(CAST(:entries AS jsonb))")


@dataclass(frozen=True, slots=True)
class Usage:
    """One countable thing.

    `measure` is `event` or `case`; `unique_key` makes a repetition harmless; `day` is the zone's
    local day.
    """

    measure: str
    at: datetime
    day: date
    ticket_id: int
    enterprise_id: int
    station_id: int
    institution_id: int | None
    park_id: int
    category_code: str
    service_code: str
    rule_version: int
    actor_person_id: int | None
    unique_key: str
    minutes: int = 0
    persons: int = 0
    service_event_id: int | None = None
    quantity: int = 1
    reverses: int | None = None
    reason: str = ""

    def as_json(self) -> dict[str, object]:
        """Give the entry as the database function reads it."""
        return {**asdict(self), "at": self.at.isoformat(), "day": self.day.isoformat()}


def append(usage: Usage) -> int:
    """Append an entry in the caller's transaction and give its number; a known `unique_key` gives
    the first one's number.
    """
    return int(
        db.session.scalar(_APPEND, {"entry": json.dumps(usage.as_json(), ensure_ascii=False)}) or 0
    )


def append_many(usages: list[Usage]) -> None:
    """Append entries in order, in one statement."""
    entries = json.dumps([usage.as_json() for usage in usages], ensure_ascii=False)
    db.session.execute(_APPEND_MANY, {"entries": entries}).all()


def reverse(seq: int, *, actor: Actor, reason: str, now: datetime, zone: ZoneInfo) -> int:
    """Append the reversal of an entry, dated today, and give its number.

    An entry can be reversed once; a reversal never.
    """
    entry = db.session.get(UsageEntry, seq)
    if entry is None:
        raise Missing()
    if entry.quantity == -1:
        raise Conflict(_("This line is itself a correction and can't be reversed."))
    if db.session.scalar(sa.select(UsageEntry.seq).where(UsageEntry.reverses == seq)) is not None:
        raise Conflict(_("This line has been reversed already."))
    return append(
        Usage(
            measure=entry.measure,
            at=now,
            day=now.astimezone(zone).date(),
            ticket_id=entry.ticket_id,
            enterprise_id=entry.enterprise_id,
            station_id=entry.station_id,
            institution_id=entry.institution_id,
            park_id=entry.park_id,
            category_code=entry.category_code,
            service_code=entry.service_code,
            rule_version=entry.rule_version,
            actor_person_id=actor.person_id,
            unique_key=f"reverse:{seq}",
            minutes=entry.minutes,
            persons=entry.persons,
            service_event_id=entry.service_event_id,
            quantity=-1,
            reverses=seq,
            reason=reason,
        )
    )


def keep_anchor(*, now: datetime, zone: ZoneInfo) -> None:
    """Keep the head of the chain for yesterday, once: later a cut or rewritten tail shows against
    it.
    """
    head = db.session.get(UsageHead, 1)
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    if head is None or db.session.get(UsageAnchor, yesterday) is not None:
        return
    db.session.add(UsageAnchor(day=yesterday, seq=head.seq, hash=head.hash, at=now))
    db.session.flush()

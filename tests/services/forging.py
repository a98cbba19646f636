"""What whoever has the product's role of the database may append to the usage ledger past it."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from service_portal.counting.queries import prove
from service_portal.kernel.db import db
from service_portal.ledger.models import UsageEntry
from service_portal.tickets.models import Ticket
from tests.services.correcting import later

GIVEN = {"seq", "prev", "hash", "month", "digest_version"}


def differing() -> set[str]:
    """Name the checks that fail."""
    db.session.flush()
    return {finding.code for finding in prove(now=later()) if not finding.holds}


def line(ticket: Ticket, measure: str = "case") -> dict[str, Any]:
    """Give what the first line of a ticket says, as an entry is appended."""
    wanted = UsageEntry.ticket_id == ticket.id, UsageEntry.measure == measure
    seq = db.session.scalar(sa.select(sa.func.min(UsageEntry.seq)).where(*wanted))
    found = sa.text("SELECT to_jsonb(e) FROM usage_entry AS e WHERE seq = :seq")
    said: dict[str, Any] = db.session.scalar(found, {"seq": seq})
    return {"seq": seq, **{name: value for name, value in said.items() if name not in GIVEN}}


def append(said: dict[str, Any], **other: Any) -> dict[str, Any]:
    """Append an entry and give it with its number."""
    entry = {name: value for name, value in said.items() if name != "seq"} | other
    appended = sa.text("SELECT usage_append(CAST(:entry AS jsonb))")
    return {**entry, "seq": db.session.scalar(appended, {"entry": json.dumps(entry)})}


def take_back(said: dict[str, Any], **other: Any) -> None:
    """Append the reversal of a line."""
    key = f"reverse:{said['seq']}"
    taken = {"quantity": -1, "reverses": said["seq"], "unique_key": key, "reason": "wrong"}
    append(said, **{**taken, **other})

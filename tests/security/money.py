"""Money of both sides, with words of its own in what its ledger keeps, and who may read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import SYSTEM, Actor
from service_portal.kernel.db import db
from service_portal.money.correcting import propose_correction
from service_portal.money.paying import draw
from service_portal.money.services import open_line, record_application
from tests.security.sides import Side

# The ledger can't be marked afterwards, so its words are booked.
SLIPS = {"a": 999_998, "b": 999_997}
MONEY_QUERIES: dict[str, list[str]] = {
    "money.finance": [
        *(f"by={by}" for by in ("product", "park", "industry", "stage", "month")),
        "institution={institution}",
        "as_of=2026-11-29&known=2026-11-29",
    ],
    "money.entries": ["what=drawn", "institution={institution}", "first=2020-01-01"],
    "money.lines": ["which=all", "enterprise={enterprise}", "institution={institution}"],
    "money.firms": ["which=valid", "institution={institution}"],
    "money.export": ["by=industry", "institution={institution}"],
    "money.export_entries": ["institution={institution}"],
}


def book_money(side: Side, name: str, now: datetime) -> None:
    """Let an enterprise have a line at the institution of its side, with a correction proposed."""
    day = (now - timedelta(days=2)).date()
    said: dict[str, Any] = {"actor": SYSTEM, "day": day, "now": now}
    application = record_application(
        **said,
        enterprise_id=side.enterprise_id,
        institution_id=side.institution_id,
        product_code="quick",
        amount=500_000_000,
        own_code=f"own {name}",
    )
    line = open_line(
        **said,
        application_id=application,
        amount=400_000_000,
        revolving=True,
        valid_until=day + timedelta(days=365),
    )
    for number, slip in enumerate((f"zq{SLIPS[name]}qz", f"slip {name}"), start=1):
        seq = draw(**said, line_id=line, amount=number * 10_000_000, slip=slip)
    bank = side.people["institution lead"].actor
    propose_correction(actor=bank, seq=seq, note="entered twice", now=now)


def marked_lines(owner: sa.Connection) -> Mapping[int, Mapping[str, Any]]:
    """Give the entries that bear a word, by its number."""
    rows = owner.execute(sa.text("SELECT * FROM money_entry WHERE slip_code LIKE 'zq%'")).mappings()
    return {int(row["slip_code"][2:-2]): dict(row) for row in rows}


def may_read_money(actor: Actor, row: Mapping[str, Any]) -> bool:
    """Say whether somebody may read of an entry, line or request: the zone, its bank, its owner."""
    role = str(actor.role)
    if role in {"manager", "auditor"}:
        return True
    if role in {"institution_lead", "institution_worker"}:
        return bool(row["institution_id"] == actor.institution_id)
    return role == "enterprise_owner" and bool(row["enterprise_id"] == actor.enterprise_id)


def has_line(*, enterprise_id: int | None, institution_id: int | None) -> bool:
    """Say whether a bank has given an enterprise a line: then it must tell it apart from others of
    the name.
    """
    found = sa.text(
        "SELECT EXISTS (SELECT FROM credit_line WHERE enterprise_id = :firm"
        " AND institution_id = :bank)"
    )
    return bool(db.session.scalar(found, {"firm": enterprise_id, "bank": institution_id}))

"""Lines of the ledger, and how a manager takes one back."""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Actor, Role
from service_portal.kernel.clock import now, zone_time
from service_portal.ledger.models import UsageEntry
from service_portal.ledger.services import reverse
from tests.factories.tickets import TUESDAY

DAY = timedelta(days=1)
MANAGER = Actor(role=Role.MANAGER, name="Manager")


def later() -> datetime:
    """Give a moment after everything that tests do."""
    return max(now(), TUESDAY + 90 * DAY)


def correct(entry: UsageEntry) -> int:
    """Take an entry back as a manager does."""
    return reverse(
        entry.seq,
        actor=MANAGER,
        reason="counted by mistake",
        now=TUESDAY + 30 * DAY,
        zone=zone_time(),
    )


def connect(app: Flask, name: str) -> psycopg.Connection[tuple[object, ...]]:
    """Connect past the product, as the role of a setting."""
    return psycopg.connect(
        sa.make_url(app.config[name])
        .set(drivername="postgresql")
        .render_as_string(hide_password=False)
    )

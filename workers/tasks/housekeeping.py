"""What keeps the house: the chain's anchor, old outbox rows, signs of life."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import sqlalchemy as sa
from flask import current_app

from service_portal.accounts.limit_rules import LONGEST
from service_portal.events.relay import beat
from service_portal.files.sweeping import sweep_disk
from service_portal.filing import drafts
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.ledger import services as ledger
from service_portal.money import services as money
from workers.handling import handler, now

_SWEEP = sa.text("""
    DELETE FROM outbox WHERE id IN (
        SELECT id FROM outbox WHERE done_at < clock_timestamp() - interval '7 days'
        ORDER BY done_at LIMIT 5000
    )
""")
# What is counted for longest says so at the end of its name.
_FORGET = sa.text("""
    DELETE FROM throttle WHERE window_at < clock_timestamp() - interval '1 day'
        AND (key NOT LIKE :long OR window_at < clock_timestamp() - CAST(:longest AS interval))
""").bindparams(long=f"%:{LONGEST.total_seconds():.0f}", longest=LONGEST)
_FORGET_SESSIONS = sa.text(
    "DELETE FROM person_session WHERE created_at < clock_timestamp() - interval '31 days'"
)

_FORGET_LETTERS = sa.text("""
    DELETE FROM letter
    WHERE created_at < clock_timestamp() - interval '7 days'
        AND state IN ('sent', 'dropped', 'failed')
""")


@handler("housekeeping.keep_anchor")
def keep_anchor(deliveries: object) -> None:
    """Keep yesterday's heads of the ledgers."""
    ledger.keep_anchor(now=now(), zone=zone_time())
    money.keep_anchor(now=now())


@handler("housekeeping.sweep")
def sweep(deliveries: object) -> None:
    """Throw away outbox rows and letters of a week ago, old failed attempts and sessions too old to
    be open.
    """
    db.session.execute(_SWEEP)
    db.session.execute(_FORGET)
    db.session.execute(_FORGET_SESSIONS)
    db.session.execute(_FORGET_LETTERS)


@handler("housekeeping.sweep_files")
def sweep_files(deliveries: object) -> None:
    """Throw away old drafts with their files, and files on the disk that no row speaks of."""
    drafts.forget_old(now=now())
    sweep_disk(Path(current_app.config["PORTAL_HOME"]), now=now())


@handler("housekeeping.alive")
def alive(deliveries: object) -> None:
    """Show that beat speaks and a worker listens."""
    beat("worker", f"{socket.gethostname()}:{os.getppid()}")
    beat("beat", "schedule")

"""Brings a restored database to rest before anybody is served: `python -m workers.entry settle`.

What was under way when the backup was made is worked off here, with nobody looking and no mail
sent. Every mail that is on its way at the end is from before, and may have been sent by the zone
that was lost: it is held until the operator decides.
"""

from __future__ import annotations

import json
import sys
from time import monotonic

import sqlalchemy as sa

from service_portal.events.relay import TASKS
from service_portal.kernel.db import db
from service_portal.kernel.logs import log
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.notifications.holding import hold_all
from workers.celery_app import celery
from workers.schedule import SCHEDULE

LONGEST_SECONDS = 900.0
SENDS, KEEPS_HOUSE = "notifications.send_mail", "housekeeping."

# Their workers are gone. What they had begun was never finished, so it is no failed attempt.
_FREE = sa.text("""
    UPDATE outbox SET lease_until = NULL, attempts = greatest(attempts - 1, 0),
        available_at = clock_timestamp()
    WHERE done_at IS NULL AND dead_at IS NULL AND lease_until IS NOT NULL
""")
_FORGET = sa.text("DELETE FROM heartbeat")
# A session that was ended after the backup must not open anything again, so all of them end.
_SIGN_OUT = sa.text("UPDATE person SET fs_uniquifier = replace(gen_random_uuid()::text, '-', '')")
_END = sa.text("UPDATE person_session SET ended_at = clock_timestamp() WHERE ended_at IS NULL")
_STATE = sa.text("""
    SELECT (SELECT count(*) FROM outbox
            WHERE done_at IS NULL AND dead_at IS NULL
                AND available_at <= clock_timestamp()) AS ready,
        (SELECT count(*) FROM clock
            WHERE stopped_at IS NULL AND next_alarm_at <= clock_timestamp()) AS due,
        (SELECT max(id) FROM outbox) AS newest
""")


def settle() -> None:
    """Free what was leased, end all sessions, work off what waits, hold the mails, and print how
    many.
    """
    with unit_of_work():
        for statement in (_FREE, _FORGET, _SIGN_OUT, _END):
            db.session.execute(statement)
    catch_up()
    with unit_of_work():
        held = hold_all()
    sys.stdout.write(json.dumps({"held": held}) + "\n")


def catch_up() -> None:
    """Let every task work until nothing changes any more."""
    known = {*TASKS, *(tick["task"] for tick in SCHEDULE.values())} - {SENDS}
    tasks = sorted(task for task in known if not task.startswith(KEEPS_HOUSE))
    until, before = monotonic() + LONGEST_SECONDS, None
    while (state := _state()) != before and monotonic() < until:
        for task in tasks:
            try:
                celery.tasks[task]()
            except Exception as error:
                # What can't be done now is tried again by the workers.
                log.error("not worked off", task=task, exc_info=error)
        before = state


def _state() -> tuple[int, ...]:
    state = tuple(db.session.execute(_STATE).one())
    db.session.rollback()
    return state

"""Are the relay, the workers and beat alive, and does what happened reach them?"""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

from service_portal.folders.health import Health, Judged, judge_age, seconds_since_start
from service_portal.kernel.db import AnyRow

SILENT = timedelta(seconds=60)

_BEATS = """
    SELECT max(at) FILTER (WHERE part = 'relay') AS relay_at,
        max(at) FILTER (WHERE part = 'worker') AS worker_at,
        max(at) FILTER (WHERE part = 'beat') AS beat_at,
        coalesce(bool_or((detail ->> 'draining')::boolean)
            FILTER (WHERE part = 'relay' AND at > CAST(:now AS timestamptz) - interval '60 seconds'
            ), false) AS draining
    FROM heartbeat
"""

_WAITING = """
    SELECT (SELECT min(created_at) FROM outbox
            WHERE done_at IS NULL AND dead_at IS NULL
                AND available_at <= clock_timestamp()) AS oldest_event,
        (SELECT count(*)
            FROM (SELECT 1 FROM outbox
                WHERE done_at IS NULL AND dead_at IS NULL LIMIT 10000) AS counted) AS waiting_events
"""

_DEAD = "SELECT count(*) AS dead_letters FROM outbox WHERE dead_at IS NOT NULL"


def _judge_parts(facts: AnyRow, now: datetime) -> Judged:
    judged: Judged = {
        "relay": _alive(facts.relay_at, now),
        "worker": _alive(facts.worker_at, now),
        "beat": _alive(facts.beat_at, now),
        "queue": {"status": "green", "detail": ""},
    }
    if facts.draining:
        _note_drain(judged)
    return judged


def _note_drain(judged: Judged) -> None:
    """Say that the relay does the work itself; that workers and beat are silent meanwhile is no
    second fault.
    """
    said = _(
        "Redis does not answer: the relay does the work without the queue, more slowly. Start Redis"
        " again."
    )
    judged["queue"] = {"status": "amber", "detail": said}
    for part in ("worker", "beat"):
        if judged[part]["status"] == "red":
            judged[part]["status"] = "amber"


def _alive(at: datetime | None, present: datetime) -> dict[str, str]:
    silent = None if at is None else present - at
    seen = (
        _("never seen")
        if silent is None
        else _("last seen %(n)d s ago", n=max(0, int(silent.total_seconds())))
    )
    if silent is not None and silent < SILENT:
        return {"status": "green", "detail": seen}
    if seconds_since_start() < SILENT.total_seconds():
        return {"status": "amber", "detail": _("is starting")}
    return {"status": "red", "detail": seen}


def _judge_waiting(facts: AnyRow, now: datetime) -> Judged:
    return {"events": judge_age(facts.oldest_event, now, waiting=facts.waiting_events)}


def _judge_dead(facts: AnyRow, now: datetime) -> Judged:
    if not facts.dead_letters:
        return {"dead_letters": {"status": "green", "detail": ""}}
    said = ngettext(
        "%(num)d event was given up after eight tries",
        "%(num)d events were given up after eight tries",
        facts.dead_letters,
    )
    return {"dead_letters": {"status": "amber", "detail": said}}


HEALTH = (
    Health(place=10, facts=_BEATS, judge=_judge_parts),
    Health(place=20, facts=_WAITING, judge=_judge_waiting),
    Health(place=50, facts=_DEAD, judge=_judge_dead),
)

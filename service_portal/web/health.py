"""Is everything alive? One page for the operator, the same as JSON, and metrics."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.logs import log
from service_portal.web.backup_health import judge_backups, read_backups
from service_portal.web.guards import current_actor, public, requires
from service_portal.web.mail_status import judge_mail, not_sent, why_dropped
from service_portal.web.scanning import judge_scanner

blueprint = Blueprint("status", __name__)

SILENT = timedelta(seconds=60)
SLOW = timedelta(seconds=60)
# Parts come up beside the web and have as long as this to be heard of.
_BEGAN = monotonic()

_FACTS = sa.text("""
    SELECT (SELECT min(created_at) FROM outbox
        WHERE done_at IS NULL AND dead_at IS NULL
        AND available_at <= clock_timestamp()) AS oldest_event,
        (SELECT count(*)
            FROM (SELECT 1 FROM outbox
            WHERE done_at IS NULL AND dead_at IS NULL LIMIT 10000) AS counted) AS waiting_events,
        (SELECT count(*) FROM outbox WHERE dead_at IS NOT NULL) AS dead_letters,
        (SELECT min(next_alarm_at) FROM clock
            WHERE stopped_at IS NULL AND next_alarm_at <= clock_timestamp()) AS oldest_alarm,
        (SELECT seq FROM usage_head) AS ledger_lines
""")

_BEATS = sa.text("""
    SELECT part, max(at) AS at,
        coalesce(bool_or((detail ->> 'draining')::boolean)
            FILTER (WHERE at > :seen), false) AS draining
    FROM heartbeat GROUP BY part
""")


def parts() -> dict[str, dict[str, Any]]:
    """Judge every part of the product: green, amber or red, with a word.

    A database that is away makes everything red.
    """
    at = now()
    try:
        facts, backups = db.session.execute(_FACTS).one(), read_backups()
        beats = {row.part: row for row in db.session.execute(_BEATS, {"seen": at - SILENT})}
    except sa.exc.DBAPIError as error:
        db.session.rollback()
        log.warning("database is away", error=str(error.orig))
        return {"database": {"status": "red", "detail": "does not answer; the web's log says why"}}
    judged = {
        "web": {"status": "green", "detail": ""},
        "database": {"status": "green", "detail": ""},
    }
    for part in ("relay", "worker", "beat"):
        judged[part] = _alive(beats[part].at if part in beats else None, at)
    judged["queue"] = {"status": "green", "detail": ""}
    if "relay" in beats and beats["relay"].draining:
        _note_drain(judged)
    judged["events"] = _age(facts.oldest_event, at, waiting=facts.waiting_events)
    judged["alarms"] = _age(facts.oldest_alarm, at)
    judged["mail"] = judge_mail(now=at)
    judged["dead_letters"] = {
        "status": "amber" if facts.dead_letters else "green",
        "detail": (
            ngettext(
                "%(num)d event was given up after eight tries",
                "%(num)d events were given up after eight tries",
                facts.dead_letters,
            )
            if facts.dead_letters
            else ""
        ),
    }
    judged["ledger"] = {
        "status": "green",
        "detail": ngettext(
            "%(num)d line",
            "%(num)d lines",
            facts.ledger_lines,
        ),
    }
    return judged | judge_backups(backups) | judge_scanner()


def _note_drain(judged: dict[str, dict[str, Any]]) -> None:
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
    if monotonic() - _BEGAN < SILENT.total_seconds():
        return {"status": "amber", "detail": _("is starting")}
    return {"status": "red", "detail": seen}


def _age(oldest: datetime | None, present: datetime, *, waiting: int = 0) -> dict[str, str]:
    if oldest is None:
        return {"status": "green", "detail": _("nothing waits")}
    age = present - oldest
    detail = _("oldest waits %(n)d s", n=max(0, int(age.total_seconds()))) + (
        f" ({waiting})" if waiting else ""
    )
    return {"status": "red" if age > SLOW else "green", "detail": detail}


def _overall(judged: dict[str, dict[str, Any]]) -> str:
    found = {part["status"] for part in judged.values()}
    return "red" if "red" in found else "amber" if "amber" in found else "green"


@blueprint.get("/healthz")
@public
def healthz() -> tuple[Response, int]:
    """Say how the product is; 503 when a part is red. With `only=web` only that the web answers."""
    if request.args.get("only") == "web":
        return jsonify(status="green"), 200
    judged = parts()
    overall = _overall(judged)
    return jsonify(status=overall, parts=judged), 503 if overall == "red" else 200


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Give the same facts to Prometheus: 0 green, 1 amber, 2 red. No names, no ids."""
    registry = CollectorRegistry()
    gauge = Gauge(
        "service_portal_part_status", "0 green, 1 amber, 2 red", ["part"], registry=registry
    )
    for name, part in parts().items():
        gauge.labels(name).set({"green": 0, "amber": 1, "red": 2}[part["status"]])
    _measure_backups(registry)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _measure_backups(registry: CollectorRegistry) -> None:
    try:
        facts = read_backups()
    except sa.exc.DBAPIError:
        db.session.rollback()
        return
    if facts.age is not None:
        age = Gauge(
            "service_portal_backup_age_seconds",
            "age of the last backup that was read back",
            registry=registry,
        )
        age.set(facts.age)
    Gauge("service_portal_held_mails", "mails held since a restore", registry=registry).set(
        facts.held
    )


@lru_cache(maxsize=1)
def _version() -> str:
    project = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text())
    return str(project["project"]["version"])


@blueprint.get("/status")
@requires(Permission.STATUS_READ)
def show_status() -> str:
    """Show the operator's page."""
    judged = parts()
    dead = db.session.execute(
        sa.text(
            "SELECT id, event, task, ticket_id, attempts, last_error, dead_at FROM outbox WHERE"
            " dead_at IS NOT NULL ORDER BY dead_at DESC LIMIT 20"
        )
    ).all()
    failure = read_backups().failure if "backup" in judged else None
    may_release = may(current_actor(), Permission.MAIL_RELEASE)
    return render_template(
        "status/show_status.html",
        parts=judged,
        failure=failure,
        may_release=may_release,
        overall=_overall(judged),
        dead=dead,
        not_sent=not_sent(),
        why_dropped=why_dropped,
        at=now(),
        version=_version(),
    )

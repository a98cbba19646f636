"""Is everything alive? One page for the operator, the same as JSON, and metrics. What there is to
say comes from the folders.
"""

from __future__ import annotations

import tomllib
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, current_app, jsonify, render_template, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.folders import Folder
from service_portal.folders.health import Health, Judged
from service_portal.kernel.clock import now
from service_portal.kernel.db import AnyRow, db
from service_portal.kernel.logs import log
from service_portal.web.guards import current_actor, public, requires
from service_portal.web.mail_status import health_of, not_sent, undecided, why_dropped
from service_portal.web.scanning import judge_scanner

blueprint = Blueprint("status", __name__)

_KEPT = "portal_health"
_ALL = "SELECT * FROM {facts}"
_MOMENT = sa.DateTime(timezone=True)


class _Gathered(NamedTuple):
    """What the folders offer, and the one statement that reads all their facts."""

    offered: tuple[Health, ...]
    facts: sa.TextClause


def init_health(app: Flask, folders: tuple[Folder, ...]) -> None:
    """Gather what the folders offer to the status page."""
    mails = health_of(tuple(table for folder in folders for table in folder.mails))
    offered = [*(health for folder in folders for health in folder.health), *mails]
    offered.sort(key=lambda health: health.place)
    joined = " CROSS JOIN ".join(
        f"({health.facts}) AS facts_{number}" for number, health in enumerate(offered)
    )
    app.extensions[_KEPT] = _Gathered(
        tuple(offered),
        sa.text(_ALL.format(facts=joined)).bindparams(sa.bindparam("now", type_=_MOMENT)),
    )


def _gathered() -> _Gathered:
    gathered: _Gathered = current_app.extensions[_KEPT]
    return gathered


def _read_facts(at: datetime) -> AnyRow | None:
    """Read the facts of all folders; None when the database is away."""
    try:
        return db.session.execute(_gathered().facts, {"now": at}).one()
    except sa.exc.DBAPIError as error:
        db.session.rollback()
        log.warning("database is away", error=str(error.orig))
        return None


def parts() -> Judged:
    """Judge every part of the product: green, amber or red, with a word.

    A database that is away makes everything red.
    """
    at = now()
    return _judge(_read_facts(at), at)


def _judge(facts: AnyRow | None, at: datetime) -> Judged:
    if facts is None:
        return {"database": {"status": "red", "detail": "does not answer; the web's log says why"}}
    judged: Judged = {
        "web": {"status": "green", "detail": ""},
        "database": {"status": "green", "detail": ""},
    }
    for health in _gathered().offered:
        judged |= health.judge(facts, at)
    return judged | judge_scanner()


def _overall(judged: Judged) -> str:
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
    at = now()
    facts = _read_facts(at)
    registry = CollectorRegistry()
    gauge = Gauge(
        "service_portal_part_status", "0 green, 1 amber, 2 red", ["part"], registry=registry
    )
    for name, part in _judge(facts, at).items():
        gauge.labels(name).set({"green": 0, "amber": 1, "red": 2}[part["status"]])
    if facts is not None:
        for health in _gathered().offered:
            for name, about, value in health.measure(facts) if health.measure else ():
                Gauge(name, about, registry=registry).set(value)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


@lru_cache(maxsize=1)
def _version() -> str:
    project = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text())
    return str(project["project"]["version"])


@blueprint.get("/status")
@requires(Permission.STATUS_READ)
def show_status() -> str:
    """Show the operator's page."""
    at = now()
    facts = _read_facts(at)
    judged = _judge(facts, at)
    dead = db.session.execute(
        sa.text(
            "SELECT id, event, task, ticket_id, attempts, last_error, dead_at FROM outbox WHERE"
            " dead_at IS NOT NULL ORDER BY dead_at DESC LIMIT 20"
        )
    ).all()
    explained: dict[str, str | None] = {}
    if facts is not None:
        for health in _gathered().offered:
            explained |= health.explain(facts) if health.explain else {}
    may_release = may(current_actor(), Permission.MAIL_RELEASE)
    return render_template(
        "status/show_status.html",
        parts=judged,
        failure=explained.get("backup"),
        mail_trouble=explained.get("mail"),
        undecided=undecided() if may_release else [],
        may_release=may_release,
        may_prove=may(current_actor(), Permission.LEDGER_VERIFY),
        overall=_overall(judged),
        dead=dead,
        not_sent=not_sent(),
        why_dropped=why_dropped,
        at=at,
        version=_version(),
    )

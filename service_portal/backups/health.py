"""Is there a backup that was read back, and how old is it?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext

from service_portal.folders.health import Health, Judged, Measure, seconds_since_start
from service_portal.kernel.db import AnyRow

HOUR, DAY = 3600, 86_400
TOO_OLD = 2 * DAY
# A zone that has just been made has as long as this for its first backup.
FIRST_SECONDS = 900

_FACTS = """
    SELECT extract(epoch FROM clock_timestamp() - good.at)::bigint AS backup_age,
        coalesce(good.lost_files, 0) AS lost_files, bad.detail AS backup_failure
    FROM (SELECT) AS always
    LEFT JOIN LATERAL (
        SELECT id, at, lost_files FROM backup_run
        WHERE succeeded AND kind <> 'restore' ORDER BY at DESC LIMIT 1
    ) AS good ON true
    LEFT JOIN LATERAL (
        SELECT detail FROM backup_run
        WHERE NOT succeeded AND id > coalesce(good.id, 0) ORDER BY id DESC LIMIT 1
    ) AS bad ON true
"""


def _judge(facts: AnyRow, now: datetime) -> Judged:
    """Judge the last backup: a nightly one must not be older than two days."""
    status, said = _age(facts.backup_age)
    if facts.lost_files:
        status = max(status, "amber", key=_worse)
        said = _both(
            said,
            ngettext(
                "%(num)d attachment was missing",
                "%(num)d attachments were missing",
                facts.lost_files,
            ),
        )
    if facts.backup_failure is not None:
        status = max(status, "amber", key=_worse)
        said = _both(said, _("the last try failed"))
    return {"backup": {"status": status, "detail": said}}


def _explain(facts: AnyRow) -> dict[str, str | None]:
    return {"backup": facts.backup_failure}


def _measure(facts: AnyRow) -> Iterator[Measure]:
    if facts.backup_age is not None:
        about = "age of the last backup that was read back"
        yield Measure("service_portal_backup_age_seconds", about, facts.backup_age)


def _both(one: str, other: str) -> str:
    return _("%(one)s; %(other)s", one=one, other=other)


def _age(age: int | None) -> tuple[str, str]:
    if not current_app.config["BACKUP_DIR"]:
        none = _("none was made, and BACKUP_DIR sets no nightly one")
        return "green", none if age is None else _ago(age)
    if age is None:
        is_new = seconds_since_start() < FIRST_SECONDS
        return "amber" if is_new else "red", _("none was made yet")
    return "red" if age > TOO_OLD else "green", _ago(age)


def _ago(age: int) -> str:
    if age < HOUR:
        return _("the last one is less than an hour old")
    if age < 2 * DAY:
        return _("the last one is %(n)d h old", n=age // HOUR)
    return _("the last one is %(n)d days old", n=age // DAY)


def _worse(status: str) -> int:
    return ("green", "amber", "red").index(status)


HEALTH = (Health(place=70, facts=_FACTS, judge=_judge, measure=_measure, explain=_explain),)

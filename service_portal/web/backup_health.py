"""Is there a backup, and is mail held since a restore? Two parts of the status page."""

from __future__ import annotations

from time import monotonic
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext

from service_portal.kernel.db import AnyRow, db

HOUR, DAY = 3600, 86_400
TOO_OLD = 2 * DAY
# A zone that has just been made has as long as this for its first backup.
FIRST_SECONDS = 900
_BEGAN = monotonic()

_FACTS = sa.text("""
    SELECT extract(epoch FROM clock_timestamp() - good.at)::bigint AS age,
        coalesce(good.lost_files, 0) AS lost_files, bad.detail AS failure,
        (SELECT count(*) FROM notification WHERE state = 'held')
            + (SELECT count(*) FROM letter WHERE state = 'held') AS held
    FROM (SELECT) AS always
    LEFT JOIN LATERAL (
        SELECT id, at, lost_files FROM backup_run
        WHERE succeeded AND kind <> 'restore' ORDER BY at DESC LIMIT 1
    ) AS good ON true
    LEFT JOIN LATERAL (
        SELECT detail FROM backup_run
        WHERE NOT succeeded AND id > coalesce(good.id, 0) ORDER BY id DESC LIMIT 1
    ) AS bad ON true
""")


def read_backups() -> AnyRow:
    """Read the age of the last backup in seconds, what was wrong with it, and how many mails are
    held.
    """
    return db.session.execute(_FACTS).one()


def judge_backups(facts: AnyRow) -> dict[str, dict[str, Any]]:
    """Judge both: a nightly backup must not be older than two days, and held mail waits for a
    decision.
    """
    return {"backup": _backup(facts), "held_mail": _held(facts.held)}


def _backup(facts: AnyRow) -> dict[str, str]:
    status, said = _age(facts.age)
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
    if facts.failure is not None:
        status = max(status, "amber", key=_worse)
        said = _both(said, _("the last try failed"))
    return {"status": status, "detail": said}


def _both(one: str, other: str) -> str:
    return _("%(one)s; %(other)s", one=one, other=other)


def _age(age: int | None) -> tuple[str, str]:
    if not current_app.config["BACKUP_DIR"]:
        none = _("none was made, and BACKUP_DIR sets no nightly one")
        return "green", none if age is None else _ago(age)
    if age is None:
        is_new = monotonic() - _BEGAN < FIRST_SECONDS
        return "amber" if is_new else "red", _("none was made yet")
    return "red" if age > TOO_OLD else "green", _ago(age)


def _ago(age: int) -> str:
    if age < HOUR:
        return _("the last one is less than an hour old")
    if age < 2 * DAY:
        return _("the last one is %(n)d h old", n=age // HOUR)
    return _("the last one is %(n)d days old", n=age // DAY)


def _held(mails: int) -> dict[str, str]:
    if not mails:
        return {"status": "green", "detail": _("none")}
    said = ngettext(
        "%(num)d mail from before a restore waits to be sent or dropped",
        "%(num)d mails from before a restore wait to be sent or dropped",
        mails,
    )
    return {"status": "amber", "detail": said}


def _worse(status: str) -> int:
    return ("green", "amber", "red").index(status)

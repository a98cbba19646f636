"""What the operator must know of the mails: how long they wait, what the server has against them,
and what was not sent and why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from service_portal.folders import brought
from service_portal.folders.health import Health, Judged, Mails, Measure
from service_portal.kernel.db import AnyRow, db
from service_portal.web.transmission import TO_MEND

# Mails wait for a server that is away for a quarter of an hour between two tries.
SLOW = timedelta(minutes=10)
LISTED = 20

# Of what ended without being sent a week is shown: what has not been looked at by then is over.
# What was asked for an address that nobody has is no mail that somebody misses, and anybody could
# fill the list with it.
_FACTS = """
    WITH waiting AS MATERIALIZED ({waiting}), lately AS MATERIALIZED ({lately})
    SELECT (SELECT min(created_at) FROM waiting) AS oldest_mail,
        (SELECT max(last_error) FROM waiting) AS mail_trouble,
        (SELECT max(last_error) FROM waiting
            WHERE starts_with(last_error, '{to_mend}')) AS mail_to_mend,
        (SELECT count(*) FROM lately WHERE state = 'failed') AS failed_mails,
        (SELECT count(*) FROM lately WHERE state = 'dropped') AS dropped_mails
"""
_WAITING = """
    (SELECT created_at, NULL AS last_error FROM {mails.table}
        WHERE state IN ('queued', 'sending') AND {mails.which}
        ORDER BY available_at, id LIMIT 1)
    UNION ALL (SELECT created_at, last_error FROM {mails.table}
        WHERE state IN ('queued', 'sending') AND {mails.which}
        ORDER BY available_at DESC, id DESC LIMIT 20)
"""
_LATELY = """
    SELECT state FROM {mails.table}
    WHERE state IN ('failed', 'dropped')
        AND created_at > clock_timestamp() - interval '7 days' AND {mails.missed}
"""
_HELD = "(SELECT count(*) FROM {mails.table} WHERE state = 'held')"
_NOT_SENT_OF = """
    SELECT '{mails.what}' AS what, {mails.kind} AS kind, state, drop_reason, last_error, created_at,
        attempts
    FROM {mails.table} WHERE state IN ('failed', 'dropped') AND {mails.missed}
"""


_NOT_SENT = """
    SELECT * FROM ({ended}) AS ended
    WHERE created_at > clock_timestamp() - interval '7 days' ORDER BY created_at DESC LIMIT :most
"""


def health_of(tables: tuple[Mails, ...]) -> tuple[Health, ...]:
    """Give the lines of the mails in all their tables: those that wait, and those that are held."""

    def each(part: str, joined: str) -> str:
        return joined.join(part.format(mails=mails) for mails in tables)

    facts = _FACTS.format(
        waiting=each(_WAITING, " UNION ALL "),
        lately=each(_LATELY, " UNION ALL "),
        to_mend=TO_MEND,
    )
    held = f"SELECT {each(_HELD, ' + ')} AS held_mails"
    return (
        Health(place=40, facts=facts, judge=_judge),
        Health(place=80, facts=held, judge=_judge_held, measure=_measure_held),
    )


def _judge(facts: AnyRow, now: datetime) -> Judged:
    """Judge the mails: red when one waits for long or for the operator, amber when the server has
    something against one.
    """
    waits = facts.oldest_mail is not None
    age = now - facts.oldest_mail if waits else timedelta(0)
    said = (
        [_("oldest waits %(n)d s", n=max(0, int(age.total_seconds())))]
        if waits
        else [_("nothing waits")]
    )
    if facts.mail_to_mend:
        error = facts.mail_to_mend.removeprefix(TO_MEND)
        said.append(_("mails wait until this is mended: %(error)s", error=error))
    elif facts.mail_trouble:
        said.append(_("the server says: %(error)s", error=facts.mail_trouble))
    failed, dropped = facts.failed_mails, facts.dropped_mails
    if failed:
        said.append(
            ngettext("%(num)d mail failed this week", "%(num)d mails failed this week", failed)
        )
    if dropped:
        said.append(
            ngettext(
                "%(num)d mail was dropped this week",
                "%(num)d mails were dropped this week",
                dropped,
            )
        )
    status = (
        "red"
        if age > SLOW or facts.mail_to_mend
        else "amber"
        if facts.mail_trouble or failed
        else "green"
    )
    return {"mail": {"status": status, "detail": "; ".join(said)}}


def _judge_held(facts: AnyRow, now: datetime) -> Judged:
    if not facts.held_mails:
        return {"held_mail": {"status": "green", "detail": _("none")}}
    said = ngettext(
        "%(num)d mail from before a restore waits to be sent or dropped",
        "%(num)d mails from before a restore wait to be sent or dropped",
        facts.held_mails,
    )
    return {"held_mail": {"status": "amber", "detail": said}}


def _measure_held(facts: AnyRow) -> Iterator[Measure]:
    yield Measure("service_portal_held_mails", "mails held since a restore", facts.held_mails)


def not_sent() -> Sequence[AnyRow]:
    """List the mails of a week that were given up, newest first."""
    tables = (mails for folder in brought() for mails in folder.mails)
    ended = " UNION ALL ".join(_NOT_SENT_OF.format(mails=mails) for mails in tables)
    return db.session.execute(sa.text(_NOT_SENT.format(ended=ended)), {"most": LISTED}).all()


def why_dropped(code: str) -> str:
    """Say why a mail was not sent."""
    return {
        "inactive": _("its reader is kept out"),
        "role_ended": _("its reader has no role any more"),
        "not_visible": _("its reader may no longer see what it is about"),
        "answered": _("the invitation was answered or taken back"),
        "expired": _("it waited longer than it would have been true"),
        "operator": _("an operator dropped it"),
    }.get(code, code)

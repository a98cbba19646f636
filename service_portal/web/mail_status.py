"""What the operator must know of the mails: how long they wait, what the server has against them,
and what was not sent and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from service_portal.kernel.db import AnyRow, db
from service_portal.web.transmission import TO_MEND

# Mails wait for a server that is away for a quarter of an hour between two tries.
SLOW = timedelta(minutes=10)
LISTED = 20

# Of what ended without being sent a week is shown: what has not been looked at by then is over.
# What was asked for an address that nobody has is no mail that somebody misses, and anybody could
# fill the list with it.
_FACTS = sa.text("""
    WITH waiting AS MATERIALIZED (
        (SELECT created_at, NULL AS last_error FROM notification
            WHERE state IN ('queued', 'sending') AND channel = 'mail'
            ORDER BY available_at, id LIMIT 1)
        UNION ALL (SELECT created_at, NULL FROM letter
            WHERE state IN ('queued', 'sending') ORDER BY available_at, id LIMIT 1)
        UNION ALL (SELECT created_at, last_error FROM notification
            WHERE state IN ('queued', 'sending') AND channel = 'mail'
            ORDER BY available_at DESC, id DESC LIMIT 20)
        UNION ALL (SELECT created_at, last_error FROM letter
            WHERE state IN ('queued', 'sending') ORDER BY available_at DESC, id DESC LIMIT 20)
    ), lately AS MATERIALIZED (
        SELECT state FROM notification
            WHERE state IN ('failed', 'dropped')
                AND created_at > clock_timestamp() - interval '7 days'
        UNION ALL SELECT state FROM letter
            WHERE state IN ('failed', 'dropped')
                AND created_at > clock_timestamp() - interval '7 days'
              AND drop_reason IS DISTINCT FROM 'unknown'
    )
    SELECT (SELECT min(created_at) FROM waiting) AS oldest,
        (SELECT max(last_error) FROM waiting) AS trouble,
        (SELECT max(last_error) FROM waiting WHERE starts_with(last_error, :to_mend)) AS to_mend,
        (SELECT count(*) FROM lately WHERE state = 'failed') AS failed,
        (SELECT count(*) FROM lately WHERE state = 'dropped') AS dropped
""")

_NOT_SENT = sa.text("""
    SELECT * FROM (
        SELECT 'mail' AS what, kind, state, drop_reason, last_error, created_at, attempts
        FROM notification WHERE state IN ('failed', 'dropped')
        UNION ALL SELECT 'letter', template, state, drop_reason, last_error, created_at, attempts
        FROM letter WHERE state IN ('failed', 'dropped') AND drop_reason IS DISTINCT FROM 'unknown'
    ) AS ended
    WHERE created_at > clock_timestamp() - interval '7 days' ORDER BY created_at DESC LIMIT :most
""")


def judge_mail(*, now: datetime) -> dict[str, str]:
    """Judge the mails: red when one waits for long or for the operator, amber when the server has
    something against one.
    """
    facts = db.session.execute(_FACTS, {"to_mend": TO_MEND}).one()
    waits = facts.oldest is not None
    age = now - facts.oldest if waits else timedelta(0)
    said = (
        [_("oldest waits %(n)d s", n=max(0, int(age.total_seconds())))]
        if waits
        else [_("nothing waits")]
    )
    if facts.to_mend:
        error = facts.to_mend.removeprefix(TO_MEND)
        said.append(_("mails wait until this is mended: %(error)s", error=error))
    elif facts.trouble:
        said.append(_("the server says: %(error)s", error=facts.trouble))
    if facts.failed:
        said.append(
            ngettext(
                "%(num)d mail failed this week", "%(num)d mails failed this week", facts.failed
            )
        )
    if facts.dropped:
        said.append(
            ngettext(
                "%(num)d mail was dropped this week",
                "%(num)d mails were dropped this week",
                facts.dropped,
            )
        )
    status = (
        "red"
        if age > SLOW or facts.to_mend
        else "amber"
        if facts.trouble or facts.failed
        else "green"
    )
    return {"status": status, "detail": "; ".join(said)}


def not_sent() -> Sequence[AnyRow]:
    """List the mails of a week that were given up, newest first."""
    return db.session.execute(_NOT_SENT, {"most": LISTED}).all()


def why_dropped(code: str) -> str:
    """Say why a mail was not sent."""
    return {
        "inactive": _("its reader is kept out"),
        "role_ended": _("its reader has no role any more"),
        "not_visible": _("its reader may no longer see the ticket"),
        "answered": _("the invitation was answered or taken back"),
        "expired": _("it waited longer than it would have been true"),
        "operator": _("an operator dropped it"),
    }.get(code, code)

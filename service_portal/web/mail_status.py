"""What the operator must know of the mails: how long they wait, what the server has against them,
and what was not sent and why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from service_portal.folders import brought
from service_portal.folders.health import Health, Judged, Mails, Measure
from service_portal.kernel.db import AnyRow, db
from service_portal.web.mail_refusals import TO_MEND, domain_of, summary_of, without_addresses

# Mails wait for a server that is away for a quarter of an hour between two tries.
SLOW = timedelta(minutes=10)
LISTED = 20

# Of what ended without being sent a week is shown: what has not been looked at by then is over.
# What was asked for an address that nobody has is no mail that somebody misses, and anybody could
# fill the list with it.
_FACTS = """
    WITH waiting AS MATERIALIZED ({waiting}), lately AS MATERIALIZED ({lately})
    SELECT (SELECT min(created_at) FROM waiting WHERE NOT is_put_off) AS oldest_mail,
        (SELECT max(last_error) FROM waiting WHERE NOT is_put_off) AS mail_trouble,
        (SELECT max(last_error) FROM waiting WHERE starts_with(last_error, '{to_mend}')
            AND (NOT is_put_off OR (
                NOT is_invited AND created_at > coalesce(({sent}), '-infinity')
            ))) AS mail_to_mend,
        ARRAY(SELECT last_error FROM waiting WHERE is_put_off) AS mails_put_off,
        (SELECT count(*) FROM lately WHERE state = 'failed') AS failed_mails,
        (SELECT count(*) FROM lately WHERE state = 'dropped') AS dropped_mails
"""
# What is said at a recipient's name or later can be caused by whoever chose the recipient: it is
# an alarm for all mails only where no other one came through since.
_PUT_OFF = "coalesce(last_error ~ '^({to_mend})?(RCPT|DATA) ', false)"
_WAITING = """
    SELECT DISTINCT ON (id) created_at, last_error, {put_off} AS is_put_off,
        {mails.invited} AS is_invited
    FROM (
        (SELECT * FROM {mails.table}
            WHERE state IN ('queued', 'sending') AND {mails.which}
            ORDER BY available_at, id LIMIT 100)
        UNION ALL (SELECT * FROM {mails.table}
            WHERE state IN ('queued', 'sending') AND {mails.which}
            ORDER BY available_at DESC, id DESC LIMIT 20)
    ) AS {mails.table}
"""
# The newest rows tell it, without an index of its own.
_SENT = """
    (SELECT max(sent_at) FROM (SELECT * FROM {mails.table} ORDER BY id DESC LIMIT 200) AS newest
        WHERE state = 'sent' AND {mails.which})
"""
_LATELY = """
    SELECT state FROM {mails.table}
    WHERE state IN ('failed', 'dropped')
        AND created_at > clock_timestamp() - interval '7 days' AND {mails.missed}
"""
_HELD = "(SELECT count(*) FROM {mails.table} WHERE state = 'held')"
_REFUSED = """
    (SELECT last_error FROM {mails.table}
        WHERE state = 'held' AND last_error ~ '^(RCPT|DATA) ' LIMIT 100)
"""
_NOT_SENT_OF = """
    SELECT '{mails.what}' AS what, {mails.kind} AS kind, state, drop_reason, last_error, created_at,
        attempts
    FROM {mails.table} WHERE state IN ('failed', 'dropped') AND {mails.missed}
"""
# Two parts, as those that wait and those that are set aside have an index each.
_UNDECIDED_OF = """
    SELECT '{mails.what}' AS what, {mails.kind} AS kind, id, last_error, created_at
    FROM {mails.table}
    WHERE {state} AND {mails.which} AND last_error ~ '^({to_mend})?(RCPT|DATA) '
"""
_STATES = ("state IN ('queued', 'sending')", "state = 'held'")
_UNDECIDED = "SELECT * FROM ({undecided}) AS undecided ORDER BY created_at, id LIMIT :most"


_NOT_SENT = """
    SELECT * FROM ({ended}) AS ended
    WHERE created_at > clock_timestamp() - interval '7 days' ORDER BY created_at DESC LIMIT :most
"""


def health_of(tables: tuple[Mails, ...]) -> tuple[Health, ...]:
    """Give the lines of the mails in all their tables: those that wait, and those that are held."""

    def each(part: str, joined: str) -> str:
        return joined.join(part.format(mails=mails) for mails in tables)

    facts = _FACTS.format(
        waiting=" UNION ALL ".join(f"({_waiting_of(mails)})" for mails in tables),
        lately=each(_LATELY, " UNION ALL "),
        sent=f"SELECT greatest({each(_SENT, ', ')})",
        to_mend=TO_MEND,
    )
    refused = f"ARRAY({each(_REFUSED, ' UNION ALL ')})"
    held = f"SELECT {each(_HELD, ' + ')} AS held_mails, {refused} AS refused_mails"
    return (
        Health(place=40, facts=facts, judge=_judge, explain=_explain),
        Health(place=80, facts=held, judge=_judge_held, measure=_measure_held),
    )


def _waiting_of(mails: Mails) -> str:
    return _WAITING.format(mails=mails, put_off=_PUT_OFF.format(to_mend=TO_MEND))


def _judge(facts: AnyRow, now: datetime) -> Judged:
    """Judge the mails: red when one waits for long or for the operator, amber when the server has
    something against one, or puts off some of a domain. It names no address, as anybody may read
    it.
    """
    waits = facts.oldest_mail is not None
    age = now - facts.oldest_mail if waits else timedelta(0)
    said = (
        [_("oldest waits %(n)d s", n=max(0, int(age.total_seconds())))]
        if waits
        else [_("nothing waits")]
    )
    if facts.mail_to_mend:
        error = summary_of(facts.mail_to_mend)
        said.append(_("mails wait until this is mended: %(error)s", error=error))
    elif facts.mail_trouble:
        said.append(_("the server says: %(error)s", error=summary_of(facts.mail_trouble)))
    if facts.mails_put_off:
        said.append(_waiting_for(facts.mails_put_off))
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
        if facts.mail_trouble or facts.mails_put_off or failed
        else "green"
    )
    return {"mail": {"status": status, "detail": "; ".join(said)}}


def _waiting_for(noted: Sequence[str]) -> str:
    """Say how many mails are put off, and by which domains most."""
    return ngettext(
        "%(num)d mail is put off by %(domains)s",
        "%(num)d mails are put off by %(domains)s",
        len(noted),
        domains=_most(noted),
    )


def _most(noted: Sequence[str]) -> str:
    counted = Counter(domain_of(one) or "?" for one in noted)
    return ", ".join(domain for domain, _count in counted.most_common(3))


def _explain(facts: AnyRow) -> dict[str, str | None]:
    """Give the server's own words to the operator."""
    noted = facts.mail_to_mend or facts.mail_trouble or max(facts.mails_put_off, default=None)
    return {"mail": without_addresses(noted) if noted else None}


def _judge_held(facts: AnyRow, now: datetime) -> Judged:
    if not facts.held_mails:
        return {"held_mail": {"status": "green", "detail": _("none")}}
    said, refused = [], facts.refused_mails
    if facts.held_mails > len(refused):
        said.append(
            ngettext(
                "%(num)d mail from before a restore waits to be sent or dropped",
                "%(num)d mails from before a restore wait to be sent or dropped",
                facts.held_mails - len(refused),
            )
        )
    if refused:
        said.append(
            ngettext(
                "%(num)d mail that was refused waits to be sent or dropped (%(domains)s)",
                "%(num)d mails that were refused wait to be sent or dropped (%(domains)s)",
                len(refused),
                domains=_most(refused),
            )
        )
    return {"held_mail": {"status": "amber", "detail": "; ".join(said)}}


def _measure_held(facts: AnyRow) -> Iterator[Measure]:
    yield Measure("service_portal_held_mails", "mails held for the operator", facts.held_mails)


def undecided() -> Sequence[AnyRow]:
    """List the mails that were refused and wait, oldest first: each may be sent or dropped."""
    tables = (mails for folder in brought() for mails in folder.mails)
    waiting = " UNION ALL ".join(
        _UNDECIDED_OF.format(mails=mails, state=state, to_mend=TO_MEND)
        for mails in tables
        for state in _STATES
    )
    rows = db.session.execute(sa.text(_UNDECIDED.format(undecided=waiting)), {"most": LISTED})
    return rows.all()


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

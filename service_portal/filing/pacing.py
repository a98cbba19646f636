"""How many requests one enterprise, and one person, may file in a minute."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from flask_babel import gettext as _

from service_portal.access.actor import Actor, Side
from service_portal.kernel.errors import TooMany
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.counting_together import count_back, count_here, count_together


def keep_pace(*, actor: Actor, now: datetime) -> None:
    """Count a filing, whether it succeeds or not.

    People of an enterprise count for themselves and for it; whoever files for one at a desk counts
    for themselves alone, so that they use up nothing of the enterprise's.

    Raises TooMany when the person, or the people of the enterprise, have filed too many in this
    minute.
    """
    most = current_app.config["FILINGS_PER_MINUTE"]
    if not most:
        return
    names = _names(actor)
    heavy = count_here(names, most=most, now=now)
    if not heavy:
        return
    with unit_of_work():
        wait = count_together(heavy, most=most, now=now)
    if wait:
        sentence = _(
            "More than %(most)d requests were filed within a minute. "
            "This one was not taken; send it again in %(wait)d seconds.",
            most=most,
            wait=wait,
        )
        raise TooMany(sentence, retry_after=wait)


def take_pace_back(*, actor: Actor, now: datetime) -> None:
    """Count a filing as not done: it was one that had been taken before, sent again."""
    if current_app.config["FILINGS_PER_MINUTE"]:
        count_back(_names(actor), now=now)


def _names(actor: Actor) -> tuple[str, ...]:
    person = f"file:person:{actor.person_id}"
    if actor.side is not Side.ENTERPRISE:
        return (person,)
    return f"file:enterprise:{actor.enterprise_id}", person

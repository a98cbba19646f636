"""How many requests one enterprise, and one person, may file in a minute."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.kernel.errors import TooMany
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.counting_together import count_here, count_together


def keep_pace(*, actor: Actor, enterprise_id: int, now: datetime) -> None:
    """Count a filing, whether it succeeds or not.

    Raises TooMany when the enterprise or the person has filed too many in this minute.
    """
    most = current_app.config["FILINGS_PER_MINUTE"]
    if not most:
        return
    names = (f"file:enterprise:{enterprise_id}", f"file:person:{actor.person_id}")
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

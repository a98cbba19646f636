"""How long is a ledger, and does what can be seen at a glance agree?"""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from service_portal.folders.health import Health, Judged
from service_portal.kernel.db import AnyRow
from service_portal.ledger.discipline import Ledger
from service_portal.ledger.models import USAGE

# The head is the last entry, and the newest anchor one of them; only a recount proves all of it.
_FACTS = """
    SELECT h.seq AS {name}_lines,
        h.seq = coalesce(last.seq, 0) AND h.hash = coalesce(last.hash, '\\x00')
            AND (a.seq IS NULL OR a.seq = 0 OR kept.hash IS NOT DISTINCT FROM a.hash)
            AS {name}_agrees
    FROM {name}_head AS h
    LEFT JOIN LATERAL (SELECT seq, hash FROM {name}_entry ORDER BY seq DESC LIMIT 1) AS last ON true
    LEFT JOIN LATERAL (SELECT seq, hash FROM {name}_anchor ORDER BY day DESC LIMIT 1) AS a ON true
    LEFT JOIN {name}_entry AS kept ON kept.seq = a.seq
"""


def health_of(ledger: Ledger, *, part: str, place: int) -> Health:
    """Give the line of a ledger on the status page."""

    def judge(facts: AnyRow, now: datetime) -> Judged:
        lines = getattr(facts, f"{ledger.name}_lines")
        said = ngettext("%(num)d line", "%(num)d lines", lines)
        if getattr(facts, f"{ledger.name}_agrees"):
            return {part: {"status": "green", "detail": said}}
        broken = _("what it says of its end is not its end: run ./portal recount")
        return {part: {"status": "amber", "detail": f"{said}; {broken}"}}

    return Health(place=place, facts=_FACTS.format(name=ledger.name), judge=judge)


HEALTH = (health_of(USAGE, part="ledger", place=60),)

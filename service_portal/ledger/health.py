"""How long is the ledger?"""

from __future__ import annotations

from datetime import datetime

from flask_babel import ngettext

from service_portal.folders.health import Health, Judged
from service_portal.kernel.db import AnyRow


def _judge(facts: AnyRow, now: datetime) -> Judged:
    said = ngettext("%(num)d line", "%(num)d lines", facts.ledger_lines)
    return {"ledger": {"status": "green", "detail": said}}


HEALTH = (
    Health(
        place=60,
        facts="SELECT (SELECT seq FROM usage_head) AS ledger_lines",
        judge=_judge,
    ),
)

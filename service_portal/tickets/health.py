"""Do the alarms of tickets fire in time?"""

from __future__ import annotations

from datetime import datetime

from service_portal.folders.health import Health, Judged, judge_age
from service_portal.kernel.db import AnyRow

_ALARMS = """
    SELECT min(next_alarm_at) AS oldest_alarm FROM clock
    WHERE stopped_at IS NULL AND next_alarm_at <= clock_timestamp()
"""


def _judge(facts: AnyRow, now: datetime) -> Judged:
    return {"alarms": judge_age(facts.oldest_alarm, now)}


HEALTH = (Health(place=30, facts=_ALARMS, judge=_judge),)

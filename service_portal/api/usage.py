"""Usage over the API: the manager's counts, by the same functions as the page and its exports."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.api import schemas, usage_shapes
from service_portal.api.answers import answer, both
from service_portal.api.blueprint import v1
from service_portal.api.problems import Invalid
from service_portal.api.reading import id_among
from service_portal.directory.queries import parks, stations
from service_portal.kernel.clock import now, zone_time
from service_portal.reviewing import queries
from service_portal.reviewing.queries import Slice
from service_portal.reviewing.rules import months_back
from service_portal.web.guards import current_actor, exports, requires


@v1.get("/usage", tags=["usage"])
@v1.response(200, usage_shapes.Usage)
@requires(Permission.COUNTS_READ)
@exports
@v1.arguments(schemas.Counting, location="query")
def usage(wanted: dict[str, Any]) -> Response:
    """Count what was delivered in some months, by station, institution, category, service,
    enterprise, park or month.

    A station's lead counts their station, an institution its own work, managers and auditors the
    zone.
    """
    part = queries.narrowed(current_actor(), _slice(wanted))
    sums = queries.totals(part, queries.by_month(part))
    rows = queries.grouped(part, wanted["group_by"])
    return answer(
        {
            "group_by": wanted["group_by"],
            "from": f"{part.first:%Y-%m}",
            "to": f"{part.last:%Y-%m}",
            "totals": sums,
            "not_counted": queries.excluded(part),
            "rows": [
                {
                    "key": f"{row.key:%Y-%m}" if isinstance(row.key, date) else row.key,
                    "name": both(row),
                    "events": int(row.events),
                    "cases": int(row.cases),
                    "minutes": int(row.minutes),
                }
                for row in rows
            ],
        }
    )


def _slice(wanted: dict[str, Any]) -> Slice:
    today = now().astimezone(zone_time()).date()
    last = wanted["to"] or date(today.year, today.month, 1)
    first = wanted["from_"] or months_back(last, 11)
    if first > last:
        raise Invalid([("to", _("The period ends before it begins."))])
    station_id = id_among(stations(), wanted["station"], field="station")
    park_id = id_among(parks(), wanted["park"], field="park")
    return Slice(
        first, last, station_id, wanted["institution"], park_id, wanted["category"].upper() or None
    )

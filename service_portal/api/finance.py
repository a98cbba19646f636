"""Money over the API: the sums of the finance page and the entries behind them, by the same
functions.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.api.answers import answer
from service_portal.api.blueprint import v1
from service_portal.api.finance_shapes import Finance, Listing, MoneyLines, MoneySums, Summing
from service_portal.api.reading import id_among
from service_portal.directory.queries import parks
from service_portal.kernel.clock import now
from service_portal.money.booking import local_day
from service_portal.money.firms import Firms, days_of, firms_and, refusals_of
from service_portal.money.naming import both_of, things_of
from service_portal.money.rows import KINDS_OF, entries
from service_portal.money.rules import Sums
from service_portal.money.slices import Slice, key_in, narrowed, told_code
from service_portal.money.sums import sums_by, sums_of
from service_portal.web.guards import current_actor, exports, requires
from service_portal.web.paging import cut


@v1.get("/finance/sums", tags=["finance"])
@v1.response(200, Finance)
@requires(Permission.MONEY_READ)
@exports
@v1.arguments(Summing, location="query")
def finance_sums(wanted: dict[str, Any]) -> Response:
    """Sum up money as of a day, as known on a day, by bank, product, park, industry or stage.

    A bank sees its own lines, an enterprise its own, managers and auditors the zone.
    """
    part, by = _part(wanted), wanted["group_by"]
    (total, firms), rows = firms_and(part, by), sums_by(part, by)
    things = things_of(by, rows, institution_id=part.institution_id)
    return answer(
        {
            "as_of": part.as_of.isoformat(),
            "known": part.known_at and part.known_at.isoformat(),
            "group_by": by,
            "totals": _said(sums_of(part), total),
            "days": {name: asdict(one) for name, one in days_of(part).items()},
            "refused": refusals_of(part),
            "rows": [
                {
                    "key": key,
                    "name": both_of(things.get(key)),
                    **_said(sums, firms.get(key, Firms())),
                }
                for key, sums in rows.items()
            ],
        }
    )


@v1.get("/finance/entries", tags=["finance"])
@v1.response(200, MoneyLines)
@requires(Permission.MONEY_READ)
@exports
@v1.arguments(Listing, location="query")
def finance_entries(wanted: dict[str, Any]) -> Response:
    """List the entries behind a sum, newest first: everything that a recount needs."""
    part, limit = _part(wanted), wanted["limit"]
    after = wanted["cursor"][0] if wanted["cursor"] else None
    kinds = KINDS_OF.get(wanted["what"] or "", ())
    page = cut(entries(part, kinds=kinds, after_seq=after, size=limit), limit, lambda r: [r.seq])
    return answer(
        {
            "entries": [
                {
                    "seq": row.seq,
                    "day": row.day.isoformat(),
                    "booked_on": row.booked_on.isoformat(),
                    "kind": row.kind,
                    "amount": row.amount,
                    "uscc": told_code(current_actor(), row),
                    "institution": row.institution_id,
                    "product": row.product_code,
                    "park": row.park_id,
                    "industry": row.industry_key,
                    "stage": row.stage_code,
                    "first_time": row.first_time,
                    "application": row.application_id,
                    "line": row.line_id,
                    "revolving": row.revolving,
                    "valid_until": row.valid_until and row.valid_until.isoformat(),
                    "reason_code": row.reason_code,
                    "slip": row.slip_code,
                    "reverses": row.reverses,
                }
                for row in page.rows
            ],
            "next_cursor": page.next_cursor,
        }
    )


def _said(sums: Sums, firms: Firms) -> dict[str, int]:
    names = [name for name in MoneySums._declared_fields if hasattr(sums, name)]
    return {name: getattr(sums, name) for name in names} | asdict(firms)


def _part(wanted: dict[str, Any]) -> Slice:
    today: date = local_day(now())
    said = Slice(
        wanted["as_of"] or today,
        wanted["known"],
        wanted["institution"],
        wanted["product"] or None,
        id_among(parks(), wanted["park"], field="park"),
        key_in(wanted["industry"]) if wanted["industry"] else None,
        key_in(wanted["stage"]) if wanted["stage"] else None,
    )
    return narrowed(current_actor(), said)

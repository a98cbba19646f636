"""The manager's counts: four numbers with their definitions, a chart, a table, and the lines behind
every number.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from service_portal.access.permissions import Permission
from service_portal.access.policy import Scope, scope_of
from service_portal.catalogue import queries as catalogue
from service_portal.catalogue.forms import within
from service_portal.directory.queries import institutions, parks, stations
from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.errors import Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.ledger import services as ledger
from service_portal.money.definitions import DEFINITIONS as MONEY_DEFINITIONS
from service_portal.money.firms import firms_of
from service_portal.money.slices import Slice as MoneySlice
from service_portal.money.sums import sums_of
from service_portal.reviewing import queries
from service_portal.reviewing.lines import entries, evidence_files, not_counted
from service_portal.reviewing.queries import Slice
from service_portal.reviewing.rules import month_of, months_back
from service_portal.reviewing.words import CORRECTION_REASONS, DEFINITIONS, GROUPS
from service_portal.tickets.choices import CHANNELS
from service_portal.tickets.rules import Status
from service_portal.web.exporting import as_csv, as_xlsx
from service_portal.web.formatting import hours, localized
from service_portal.web.guards import current_actor, exports, requires
from service_portal.web.paging import Page, cut, decode

blueprint = Blueprint("reviewing", __name__)

PAGE = 50
ENTERPRISES = 100
BIG = {"bigint": 2**62}


def _whole(name: str) -> int | None:
    value = request.args.get(name, type=int)
    return value if value is None or 0 <= value < BIG["bigint"] else -1


def _slice() -> tuple[Slice, dict[str, Any]]:
    """Read the address: months, filters.

    Gives what the reader may see of it and the address to keep.
    """
    today = now().astimezone(zone_time()).date()
    first = month_of(request.args.get("from"), months_back(today, 11))
    last = month_of(request.args.get("to"), date(today.year, today.month, 1))
    first, last = min(first, last), max(first, last)
    wanted = Slice(
        first,
        last,
        _whole("station"),
        _whole("institution"),
        _whole("park"),
        request.args.get("category") or None,
    )
    kept = {
        "from": f"{first:%Y-%m}",
        "to": f"{last:%Y-%m}",
        "station": wanted.station_id,
        "institution": wanted.institution_id,
        "park": wanted.park_id,
        "category": wanted.category_code,
    }
    return queries.narrowed(current_actor(), wanted), {
        name: value for name, value in kept.items() if value is not None
    }


def _by() -> str:
    by = request.args.get("by", "station")
    return by if by in GROUPS else "station"


@blueprint.get("/counts")
@requires(Permission.COUNTS_READ)
def counts() -> str:
    """Show what was delivered in a period, by whatever one chooses; enterprises page by page."""
    part, args = _slice()
    by = _by()
    scope = scope_of(current_actor(), Permission.COUNTS_READ)
    served = None
    if by == "enterprise":
        cursor = request.args.get("after")
        months, found = queries.by_month(part), _enterprises(part, cursor)
        page = cut(found, ENTERPRISES, lambda row: [int(row.events), row.key], cursor)
        of, served = (found[0].of, found[0].served) if found else (0, None)
    else:
        rows, months = queries.with_months(part, by)
        page, of = Page(rows, None), len(rows)
    return render_template(
        "reviewing/counts.html",
        Status=Status,
        totals=queries.totals(part, months, enterprises=served),
        excluded=queries.excluded(part),
        rows=page.rows,
        page=page,
        of=of,
        by=by,
        groups=GROUPS,
        args=args,
        part=part,
        definitions=DEFINITIONS,
        months=months,
        now_open=None if scope is Scope.SHARE else queries.now_open(part),
        stations=stations(),
        institutions=institutions(),
        parks=parks(),
        categories=catalogue.categories(),
        zone_wide=scope is Scope.ZONE,
        money=_money(part),
    )


def _money(part: Slice) -> dict[str, Any] | None:
    """Give the sums of the last day of the period for whoever reads the money of the zone."""
    if scope_of(current_actor(), Permission.MONEY_READ) is not Scope.ZONE:
        return None
    today = now().astimezone(zone_time()).date()
    day = min(today, months_back(part.last, -1) - timedelta(days=1))
    of = MoneySlice(day, park_id=part.park_id)
    return {
        "day": day,
        "sums": sums_of(of),
        "firms": firms_of(of),
        "words": MONEY_DEFINITIONS,
        "args": {name: value for name, value in (("as_of", day), ("park", part.park_id)) if value},
    }


def _enterprises(part: Slice, cursor: str | None) -> Sequence[Any]:
    place = decode(cursor, int, int)
    return queries.enterprises(part, after=place, size=ENTERPRISES)


@blueprint.get("/counts/lines")
@requires(Permission.LEDGER_READ)
def lines() -> str:
    """Show the rows behind a number, newest first: ledger lines, or the contacts that were not
    counted.
    """
    part, args = _slice()
    cursor = request.args.get("after")
    place = decode(cursor, int)
    after = place[0] if place and isinstance(place[0], int) else None
    filters = {
        name: value
        for name in ("service", "enterprise", "measure")
        if (value := request.args.get(name))
    }
    measure = filters.get("measure")
    if measure == "excluded":
        rows = not_counted(part, after_id=after, size=PAGE)
    else:
        rows = entries(
            part,
            service_code=filters.get("service"),
            enterprise_id=_whole("enterprise"),
            measure=measure,
            after_seq=after,
            size=PAGE,
        )
    return render_template(
        "reviewing/lines.html",
        files=evidence_files(rows[:PAGE]),
        correction_reasons=CORRECTION_REASONS,
        channel_words=CHANNELS,
        page=cut(rows, PAGE, lambda row: [row.seq], cursor),
        args={**args, **filters},
        back_args=args,
        services=catalogue.services(),
        part=part,
        measure=measure,
        narrowed=_narrowed_to(part, filters, rows),
        may_reverse=measure != "excluded"
        and scope_of(current_actor(), Permission.LEDGER_REVERSE) is not Scope.NONE,
    )


def _narrowed_to(part: Slice, filters: dict[str, str], rows: Sequence[Any]) -> list[str]:
    """Name what the rows are narrowed to, as the page says it."""
    names = [localized(one) for one in stations() if one.id == part.station_id] + [
        localized(one) for one in parks() if one.id == part.park_id
    ]
    names += [localized(one) for one in catalogue.categories() if one.code == part.category_code]
    names += [
        localized(one)
        for one in catalogue.services().values()
        if one.code == filters.get("service")
    ]
    if part.institution_id == 0:
        names.append(_("stations themselves"))
    names += [localized(one) for one in institutions() if one.id == part.institution_id]
    if "enterprise" in filters and rows:
        names.append(localized(rows[0], "enterprise"))
    return names


@blueprint.get("/counts/export.<kind>")
@requires(Permission.COUNTS_EXPORT)
@exports
def export(kind: str) -> Response:
    """Give the table of the page as CSV or XLSX, with the same numbers."""
    part, args = _slice()
    by = _by()
    names = [str(DEFINITIONS[name][0]) for name in ("events", "cases", "minutes")]
    header = [str(GROUPS[by]), *names[:2], _("Minutes"), names[2]]
    rows = [
        (localized(row), int(row.events), int(row.cases), int(row.minutes), hours(int(row.minutes)))
        for row in queries.grouped(part, by)
    ]
    name = f"usage-{by}-{args['from']}-{args['to']}"
    if kind == "csv":
        body, mimetype = as_csv(header, rows), "text/csv; charset=utf-8"
    elif kind == "xlsx":
        notes = [(str(title), str(about)) for title, about in DEFINITIONS.values()]
        body, mimetype = (
            as_xlsx(_("Counts"), header, rows, notes),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
    else:
        return Response(status=404)
    return Response(
        body,
        content_type=mimetype,
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"'},
    )


@blueprint.post("/counts/lines/<int:seq>/reverse")
@requires(Permission.LEDGER_REVERSE)
def reverse(seq: int) -> BaseResponse:
    """Correct a line by its reversal, with a reason."""
    reason = within(request.form.get("reason"), 500)
    if not reason:
        raise Refused(_("Say why the line is wrong; the correction keeps the reason."))
    with unit_of_work():
        ledger.reverse(seq, actor=current_actor(), reason=reason, now=now(), zone=zone_time())
    flash(_("Corrected: a new line takes it back, the old one stays readable."), "success")
    here = urlsplit(request.referrer or "")
    return redirect(
        f"{url_for('reviewing.lines')}?{here.query}"
        if here.path == url_for("reviewing.lines")
        else url_for("reviewing.lines")
    )

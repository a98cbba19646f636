"""The finance page: one sentence, five sums with their definitions, charts, and a table by whatever
one chooses; each number opens its rows.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _

from service_portal.access.permissions import Permission
from service_portal.access.policy import Scope, may, scope_of
from service_portal.directory.queries import institutions, parks
from service_portal.kernel.clock import now
from service_portal.kernel.errors import Missing
from service_portal.money.definitions import DAYS, DEFINITIONS, FIRMS, GROUPS, NOT_ADDED
from service_portal.money.firms import Firms, bands_of, days_of, firms_and, firms_by, refusals_of
from service_portal.money.naming import names_of, things_of
from service_portal.money.pages import Asked, asked_part, blueprint, said_of
from service_portal.money.queries import count_corrections
from service_portal.money.rules import Sums
from service_portal.money.slices import CUTS, WITHOUT, Slice
from service_portal.money.sums import changes_by_month, sums_by
from service_portal.money.words import REFUSALS, band_name
from service_portal.web.exporting import as_csv, as_xlsx
from service_portal.web.formatting import localized
from service_portal.web.formatting import month as say_month
from service_portal.web.guards import current_actor, exports, requires

MONTHS = 24
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("")
@requires(Permission.MONEY_READ)
def finance() -> str:
    """Show what stands on a day: sums, enterprises, days, refusals, and charts."""
    asked = asked_part(now())
    part, by = asked.part, _by()
    scope = scope_of(current_actor(), Permission.MONEY_READ)
    banks = sums_by(part, "institution")
    months = _months(part) if scope is not Scope.ENTERPRISE else {}
    table = banks if by == "institution" else (months if by == "month" else sums_by(part, by))
    if by == "stage":
        table = _in_order(table)
    names = _names(by, table, part)
    refusals = refusals_of(part)
    firms, by_firms = firms_and(part, by if by in CUTS else None)
    return render_template(
        "money/finance.html",
        part=part,
        args=asked.args,
        by=by,
        said=said_of(asked),
        sums=_together(banks),
        banks=banks,
        bank_names=names_of("institution", banks),
        firms=firms,
        firms_by=by_firms,
        table=table,
        names=names,
        months=months,
        month_names={first: say_month(first) for first in months},
        month_ends={first: _end_of(first, part.as_of) for first in months},
        days=days_of(part),
        day_words=DAYS,
        refusals=refusals,
        refusal_words=REFUSALS,
        bands=bands_of(part),
        band_name=band_name,
        definitions=DEFINITIONS,
        firm_definitions=FIRMS,
        not_added=NOT_ADDED,
        without=WITHOUT,
        groups=GROUPS,
        **_choices(part, scope is not Scope.SHARE, banks),
        zone_wide=scope is Scope.ZONE,
        of_enterprise=scope is Scope.ENTERPRISE,
        waiting=count_corrections() if may(current_actor(), Permission.MONEY_CONFIRM) else 0,
        may_export=scope_of(current_actor(), Permission.MONEY_EXPORT) is not Scope.NONE,
        may_book=scope_of(current_actor(), Permission.MONEY_BOOK) is not Scope.NONE,
    )


def _in_order(table: dict[Any, Sums]) -> dict[Any, Sums]:
    """Put stages as an enterprise passes through them, those without one last."""
    order = list(things_of("stage", None))
    place = {key: n for n, key in enumerate(order)}
    return dict(sorted(table.items(), key=lambda item: place.get(item[0], len(place))))


def _by() -> str:
    by = request.args.get("by", "institution")
    return by if by in GROUPS else "institution"


def _months(part: Slice) -> dict[date, Sums]:
    """Give what changed in each of the last months, the newest last."""
    index = part.as_of.year * 12 + part.as_of.month - MONTHS
    first = date(index // 12, index % 12 + 1, 1)
    return changes_by_month(part, first)


def _end_of(first: date, latest: date) -> date:
    """Give the last day of a month that a page speaks of."""
    following = (first + timedelta(days=31)).replace(day=1)
    return min(following - timedelta(days=1), latest)


def _names(by: str, table: dict[Any, Sums], part: Slice) -> dict[Any, str]:
    if by == "month":
        return {first: say_month(first) for first in table}
    return names_of(by, table, institution_id=part.institution_id)


def _choices(part: Slice, zone_wide: bool, banks: dict[Any, Sums]) -> dict[str, Any]:
    """Give by what the page can be narrowed: banks and parks only where there are several."""
    products = things_of("product", None, institution_id=part.institution_id)
    return {
        "parks": parks(),
        "stages": [
            (code or WITHOUT, localized(words)) for code, words in things_of("stage", None).items()
        ],
        "products": sorted((code, localized(one)) for code, one in products.items()),
        "institutions": (
            [one for one in institutions() if one.id in _lenders(part, banks)] if zone_wide else []
        ),
    }


def _together(rows: dict[Any, Sums]) -> Sums:
    return Sums(
        **{one.name: sum(getattr(sums, one.name) for sums in rows.values()) for one in fields(Sums)}
    )


def _lenders(part: Slice, banks: dict[Any, Sums]) -> set[int]:
    if part.institution_id is None:
        return set(banks)
    return set(sums_by(replace(part, institution_id=None), "institution"))


@blueprint.get("/export.<kind>")
@requires(Permission.MONEY_EXPORT)
@exports
def export(kind: str) -> Response:
    """Give the table of the page as CSV or XLSX, to the fen."""
    asked, by = asked_part(now()), _by()
    header, rows = table_of(asked, by)
    notes = [(str(name), str(about)) for name, about in (*DEFINITIONS.values(), *FIRMS.values())]
    return as_file(
        kind,
        f"finance-{by}-{asked.part.as_of.isoformat()}",
        title=_("Finance"),
        header=header,
        rows=rows,
        notes=notes + [("", str(one)) for one in NOT_ADDED],
    )


def table_of(asked: Asked, by: str) -> tuple[list[str], list[list[Any]]]:
    """Give header and rows of the table, amounts in fen."""
    part = asked.part
    table = _months(part) if by == "month" else sums_by(part, by)
    firms = firms_by(part, by) if by in CUTS else {}
    names = _names(by, table, part)
    header = [
        str(GROUPS[by]),
        *(_("%(name)s (fen)", name=str(name)) for name, _about in DEFINITIONS.values()),
        *(str(name) for name, _about in FIRMS.values()),
        _("Code"),
    ]
    rows = []
    for key, sums in table.items():
        of = firms.get(key, Firms())
        rows.append(
            [
                names[key],
                *(getattr(sums, name) for name in DEFINITIONS),
                *((of.with_line, of.drew, of.first_time) if by in CUTS else ("", "", "")),
                key.isoformat() if isinstance(key, date) else key,
            ]
        )
    return header, rows


def as_file(
    kind: str,
    name: str,
    *,
    title: str,
    header: list[str],
    rows: list[list[Any]],
    notes: list[tuple[str, str]],
) -> Response:
    """Give a table as a file to keep."""
    if kind == "csv":
        body, mimetype = as_csv(header, rows), "text/csv; charset=utf-8"
    elif kind == "xlsx":
        body, mimetype = as_xlsx(title, header, rows, notes), XLSX
    else:
        raise Missing()
    return Response(
        body,
        content_type=mimetype,
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"'},
    )

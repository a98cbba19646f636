"""The rows behind the numbers: entries, lines, enterprises, and one line with all that happened."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _

from service_portal.access.permissions import Permission
from service_portal.access.policy import Scope, scope_of
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing
from service_portal.money import rows as found
from service_portal.money.booking import local_day
from service_portal.money.codes import HIGHEST_BAND, NO_POINTS, MoneyKind, RefusalReason
from service_portal.money.definitions import DEFINITIONS, FIRMS
from service_portal.money.forms import LineForm
from service_portal.money.models import CreditLine
from service_portal.money.naming import names_of
from service_portal.money.pages import asked_part, blueprint, said_of
from service_portal.money.rows import KINDS_OF
from service_portal.money.slices import Slice, may_see, told_code
from service_portal.money.sums import sums_of
from service_portal.money.views import as_file
from service_portal.money.words import KINDS, REFUSALS, band_name
from service_portal.web.guards import current_actor, exports, requires
from service_portal.web.paging import cut, decode
from service_portal.web.translations import later as _l

PAGE = 50
ONE_DAY = timedelta(days=1)
WHAT = {name: words[0] for name, words in DEFINITIONS.items()} | {
    "answered": _l("Answers of banks"),
    "approved": _l("Approvals"),
    "granted": _l("Approvals, and changes of lines"),
    "non_performing": KINDS[MoneyKind.NON_PERFORMING],
    "overdue": KINDS[MoneyKind.OVERDUE],
    "refused": _l("Refusals"),
    "repaid": KINDS[MoneyKind.REPAID],
}
# Which sums of the zone are those of the rows of a list.
SUMMED = {"valid": ("lines", "unused"), "drew": ("drawn", "outstanding")}


def _after() -> int | None:
    place = decode(request.args.get("after"), int)
    return place[0] if place else None


def _firm() -> int | None:
    value = request.args.get("enterprise", type=int)
    return value if value is None or 0 < value < 2**62 else -1


def _wanted() -> tuple[dict[str, Any], dict[str, str]]:
    """Read which entries of a part an address means, and what of it to keep; nonsense counts as
    unsaid.
    """
    what, reason = request.args.get("what", ""), request.args.get("reason", "")
    first, band = _first(), request.args.get("band", type=int)
    wanted: dict[str, Any] = {}
    if what in KINDS_OF:
        wanted["kinds"] = KINDS_OF[what]
    if first is not None:
        wanted["first"] = first
    if reason in set(RefusalReason):
        wanted["reason"] = reason
    if band is not None and NO_POINTS <= band <= HIGHEST_BAND:
        wanted["band"] = band
    names = {"what": "kinds", "first": "first", "reason": "reason", "band": "band"}
    return wanted, {name: request.args[name] for name, of in names.items() if of in wanted}


def _first() -> date | None:
    try:
        return date.fromisoformat(request.args.get("first", ""))
    except ValueError:
        return None


def _only(wanted: dict[str, Any]) -> str:
    """Say what entries are narrowed to besides their kind."""
    if "reason" in wanted:
        return str(REFUSALS[wanted["reason"]])
    if "band" in wanted:
        return _("innovation points: %(band)s", band=band_name(wanted["band"]))
    return ""


@blueprint.get("/entries")
@requires(Permission.MONEY_READ)
def entries() -> str:
    """Show the entries behind a sum, newest first."""
    asked, (wanted, kept) = asked_part(now()), _wanted()
    rows = found.entries(asked.part, **wanted, after_seq=_after(), size=PAGE)
    return render_template(
        "money/entries.html",
        page=cut(rows, PAGE, lambda row: [row.seq], request.args.get("after")),
        what=WHAT.get(kept.get("what", "")),
        only=_only(wanted),
        products=_products_of(rows, asked.part),
        said=said_of(asked),
        args={**asked.args, **kept},
        back_args=asked.args,
        kinds=KINDS,
        refusals=REFUSALS,
        **_rights(),
    )


@blueprint.get("/lines")
@requires(Permission.MONEY_READ)
def lines() -> str:
    """Show the lines behind a sum as they stood on the day, newest first."""
    asked, which, firm = asked_part(now()), _which("valid"), _firm()
    rows = found.lines(asked.part, which, firm_id=firm, after_id=_after(), size=PAGE)
    kept: dict[str, Any] = {"which": which}
    if firm is not None:
        kept["enterprise"] = firm
    return render_template(
        "money/lines.html",
        page=cut(rows, PAGE, lambda row: [row.line.id], request.args.get("after")),
        which=which,
        products=_products_of([row.line for row in rows], asked.part),
        said=said_of(asked),
        args={**asked.args, **kept},
        back_args=asked.args,
        one_day=ONE_DAY,
        sums=sums_of(asked.part),
        # Sums over the rows here: what ended is outstanding, too.
        summed={} if firm is not None else SUMMED.get(which, ()),
        definitions=DEFINITIONS,
    )


def _products_of(rows: Iterable[Any], part: Slice) -> dict[str, str]:
    """Give the names of the products that some rows are of."""
    codes = {row.product_code for row in rows}
    return names_of("product", codes, institution_id=part.institution_id)


def _which(usual: str) -> str:
    which = request.args.get("which", usual)
    return which if which in found.FILTERS else usual


@blueprint.get("/enterprises")
@requires(Permission.MONEY_READ)
def firms() -> str:
    """Show the distinct enterprises behind a number."""
    asked, which = asked_part(now()), _which("drew")
    rows = found.firms(asked.part, which, after_id=_after(), size=PAGE)
    return render_template(
        "money/firms.html",
        page=cut(rows, PAGE, lambda row: [row.firm.id], request.args.get("after")),
        which=which,
        what=FIRMS["with_line" if which == "valid" else which] if which != "all" else None,
        said=said_of(asked),
        args={**asked.args, "which": which},
        back_args=asked.args,
    )


@blueprint.get("/lines/<int:line_id>")
@requires(Permission.MONEY_READ)
def line(line_id: int) -> str:
    """Show a line: how it stands, and everything that happened to it."""
    return show_line(line_id, LineForm(formdata=None, data={"day": local_day(now())}))


def show_line(line_id: int, form: LineForm) -> str:
    """Show a line with the form for what its bank books."""
    known = the_line(line_id)
    day = local_day(now())
    part = Slice(day, institution_id=known.institution_id, enterprise_id=known.enterprise_id)
    row = found.lines(part, "all", firm_id=None, after_id=line_id + 1, size=1)[0]
    scope = scope_of(current_actor(), Permission.MONEY_BOOK)
    entries_of_it = found.entries(part, line_id=line_id)
    return render_template(
        "money/line.html",
        row=row,
        rows=entries_of_it,
        products=_products_of([known], part),
        park=names_of("park", [known.park_id])[known.park_id],
        today=day,
        one_day=ONE_DAY,
        definitions=DEFINITIONS,
        kinds=KINDS,
        refusals=REFUSALS,
        form=form,
        may_book=scope is Scope.SHARE and known.institution_id == current_actor().institution_id,
        **_rights(),
    )


def the_line(line_id: int) -> CreditLine:
    """Give a line that the reader may see; a foreign one is missing."""
    known = db.session.get(CreditLine, line_id)
    if known is None or not may_see(
        current_actor(), institution_id=known.institution_id, enterprise_id=known.enterprise_id
    ):
        raise Missing()
    return known


def _rights() -> dict[str, Any]:
    actor = current_actor()
    return {
        "may_correct": scope_of(actor, Permission.MONEY_CORRECT) is not Scope.NONE,
        "may_confirm": scope_of(actor, Permission.MONEY_CONFIRM) is not Scope.NONE,
        "may_export": scope_of(actor, Permission.MONEY_EXPORT) is not Scope.NONE,
    }


@blueprint.get("/entries/export.<kind>")
@requires(Permission.MONEY_EXPORT)
@exports
def export_entries(kind: str) -> Response:
    """Give the entries behind a sum as CSV or XLSX: everything that a recount needs."""
    asked, (wanted, _kept) = asked_part(now()), _wanted()
    rows = found.entries(asked.part, **wanted)
    names = (
        "seq",
        "day",
        "booked_on",
        "kind",
        "amount",
        "uscc",
        "institution_id",
        "product_code",
        "park_id",
        "industry_key",
        "stage_code",
        "first_time",
        "application_id",
        "line_id",
        "revolving",
        "valid_until",
        "reason_code",
        "slip_code",
        "reverses",
        "reason",
    )
    called = _products_of(rows, asked.part)
    return as_file(
        kind,
        f"finance-entries-{asked.part.as_of.isoformat()}",
        title=_("Finance"),
        header=[*("amount_fen" if name == "amount" else name for name in names), "product"],
        rows=[
            [*(_cell(row, name) for name in names), called[row.product_code]]
            for row in reversed(rows)
        ],
        notes=[(str(name), str(about)) for name, about in DEFINITIONS.values()],
    )


def _cell(row: Any, name: str) -> Any:
    value = told_code(current_actor(), row) if name == "uscc" else getattr(row, name)
    if isinstance(value, bool):
        return int(value)
    return value.isoformat() if isinstance(value, date) else ("" if value is None else value)

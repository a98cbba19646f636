"""The security log's page and its file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, render_template, request, stream_with_context
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.audit import queries
from service_portal.audit.queries import Wanted
from service_portal.audit.rules import Kind
from service_portal.audit.wording import Said, say
from service_portal.audit.words import KIND_WORDS, THINGS
from service_portal.kernel.clock import now, zone_time
from service_portal.web.guards import current_actor, exports, requires
from service_portal.web.paging import cut, decode
from service_portal.web.spreadsheets import harmless

blueprint = Blueprint("audit", __name__)

PAGE = 50


def _day(name: str) -> date | None:
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), zone_time())


def _wanted() -> tuple[Wanted, dict[str, str]]:
    """Read the address: what is wanted, and what to keep in the address of the next page."""
    names = ("kind", "who", "about", "table", "id")
    said = {name: request.args.get(name, "").strip()[:100] for name in names}
    said["kind"] = said["kind"] if said["kind"] in set(Kind) else ""
    said["table"] = said["table"] if said["table"] in THINGS else ""
    first, last = _day("from"), _day("to")
    wanted = Wanted(
        **said,
        since=_start(first) if first else None,
        until=_start(last + timedelta(days=1)) if last else None,
    )
    said |= {"from": first.isoformat() if first else "", "to": last.isoformat() if last else ""}
    return wanted, {name: value for name, value in said.items() if value}


def _say_all(rows: list[Any]) -> list[Said]:
    names, reader = queries.names_in(rows), current_actor()
    return [say(row, names, reader=reader) for row in rows]


@blueprint.get("/admin/log")
@requires(Permission.AUDIT_READ)
def entries() -> str:
    """Show what happened, newest first, by kind, person, thing and period."""
    wanted, args = _wanted()
    cursor = request.args.get("after")
    rows = queries.entries(wanted, cursor=decode(cursor, datetime, int), size=PAGE)
    page = cut(rows, PAGE, lambda row: [row.at, row.id], cursor)
    return render_template(
        "audit/entries.html",
        page=page,
        said=_say_all(list(page.rows)),
        args=args,
        kinds=KIND_WORDS,
        things=THINGS,
    )


@blueprint.get("/admin/log/export.csv")
@requires(Permission.AUDIT_READ)
@exports
def export() -> Response:
    """Give everything that is found as a file, however much it is."""
    wanted, _args = _wanted()
    name = f"security-log-{now().astimezone(zone_time()):%Y-%m-%d}.csv"
    return Response(
        stream_with_context(_lines(wanted)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _lines(wanted: Wanted) -> Iterator[bytes]:
    header = [
        _("Moment"),
        _("What"),
        _("By whom"),
        _("Role"),
        _("About"),
        _("Name"),
        _("Before and after"),
        _("Network address"),
        _("Browser"),
    ]
    yield b"\xef\xbb\xbf" + _written([header])
    for rows in queries.all_entries(wanted):
        yield _written([_row(said) for said in _say_all(rows)])


def _row(said: Said) -> list[str]:
    changes = [
        (
            f"{line.field}: {line.before or '—'} → {line.after or '—'}"
            if line.before is not None
            else f"{line.field}: {line.after}".removeprefix(": ")
        )
        for line in said.lines
    ]
    return [
        said.at.astimezone(zone_time()).isoformat(" ", "seconds")[:19],
        said.kind,
        said.who,
        said.role,
        said.thing,
        said.name,
        "; ".join(part for part in (said.act, *changes) if part),
        said.address,
        said.agent,
    ]


def _written(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


@blueprint.app_template_global()
def kind_name(kind: str) -> str:
    """Name a kind of entry in the reader's language."""
    return str(KIND_WORDS[Kind(kind)])

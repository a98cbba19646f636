"""What happened to a ticket, in sentences, and why it went where it went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Response

from service_portal.access.actor import Role
from service_portal.access.permissions import Permission
from service_portal.api import schemas, shapes
from service_portal.api.addresses import of_ticket
from service_portal.api.answers import answer, both, stamp
from service_portal.api.blueprint import v1
from service_portal.catalogue import queries as catalogue
from service_portal.kernel.db import AnyRow
from service_portal.tickets.decisions import decisions_of, say_decision
from service_portal.tickets.history import lines_after
from service_portal.tickets.page import names_in, sendings_of
from service_portal.tickets.queries import Seen, linked_and_readable
from service_portal.tickets.rules import Move
from service_portal.tickets.timeline import entry_sentence, name_of
from service_portal.tickets.versions import Version, said_anew, versions_of
from service_portal.tickets.views import sees_internal
from service_portal.web.guards import requires
from service_portal.web.language import speaking
from service_portal.web.paging import cut
from service_portal.web.translations import LOCALES


@v1.get("/tickets/<reference>/timeline", tags=["tickets"])
@v1.response(200, shapes.Timeline)
@requires(Permission.TICKET_CONVERSATION)
@of_ticket
@v1.arguments(schemas.Lines, location="query")
def timeline(seen: Seen, wanted: dict[str, Any]) -> Response:
    """Tell what happened and what was said, oldest first.

    To an institution it is told once the institution has accepted the case.
    """
    rows = lines_after(
        seen.ticket.id,
        wanted["cursor"],
        actor=seen.actor,
        internal=sees_internal(seen),
        most=wanted["limit"] + 1,
    )
    page = cut(rows, wanted["limit"], lambda row: [row.at, row.what, row.id])
    names = {**names_in(page.rows), **linked_and_readable(page.rows, actor=seen.actor)}
    internal = sees_internal(seen)
    definition = catalogue.definition(seen.ticket.service_version_id)
    sent = (
        sendings_of(seen.ticket.id) if any(row.kind == Move.RESUBMIT for row in page.rows) else []
    )
    versions = versions_of(sent, seen.ticket, definition)
    return answer(
        {
            "lines": [
                _line(row, names, versions, seen=seen, internal=internal) for row in page.rows
            ],
            "next_cursor": page.next_cursor,
        }
    )


def _line(
    row: AnyRow,
    names: dict[tuple[str, int], Any],
    versions: Mapping[int, Version],
    *,
    seen: Seen,
    internal: bool,
) -> dict[str, Any]:
    hidden, counts = seen.actor.role is Role.AUDITOR, seen.actor.enterprise_id is None
    if row.what == "message":
        said = None if hidden else row.body
    else:
        said = entry_sentence(row, names, counts=counts, internal=internal)
        if row.kind == Move.RESUBMIT and not hidden:
            said += said_anew(versions.get(row.id))
    return {
        "at": stamp(row.at),
        "type": row.what,
        "kind": row.kind,
        "by": name_of(row),
        "role": row.role,
        "audience": "internal" if row.internal else "shared",
        "text": said,
        "status": row.to_status,
    }


@v1.get("/tickets/<reference>/decisions", tags=["tickets"])
@v1.response(200, shapes.Decisions)
@requires(Permission.TICKET_DECISIONS)
@of_ticket
def decisions(seen: Seen) -> Response:
    """Tell why the ticket went where it went: who was considered, who was chosen, and the reason in
    both languages.
    """
    made = decisions_of(seen.ticket.id)
    return answer(
        {
            "decisions": [
                {
                    "at": stamp(one.at),
                    "kind": one.kind,
                    "outcome": one.outcome,
                    "chosen": _chosen(one),
                    "words": _in_both(one),
                    "considered": one.considered,
                }
                for one in made
            ]
        }
    )


def _chosen(decision: AnyRow) -> dict[str, Any] | None:
    if decision.chosen_en is None:
        return None
    return {"id": decision.chosen_id, "name": both(decision, "chosen")}


def _in_both(decision: AnyRow) -> dict[str, str]:
    said = {}
    for spoken in LOCALES:
        with speaking(spoken):
            said[spoken] = say_decision(decision)
    return said

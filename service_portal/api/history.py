"""What happened to a ticket, in sentences, and why it went where it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from werkzeug.wrappers import Response

from service_portal.access.actor import Role
from service_portal.access.permissions import Permission
from service_portal.api import schemas, shapes
from service_portal.api.door import answer, both, of_ticket, stamp, v1
from service_portal.catalogue import queries as catalogue
from service_portal.kernel.db import AnyRow, db
from service_portal.tickets.models import Decision
from service_portal.tickets.page import names_in, sendings_of
from service_portal.tickets.queries import Seen, linked_and_readable
from service_portal.tickets.rules import Move
from service_portal.tickets.timeline import entry_sentence, name_of
from service_portal.tickets.versions import Version, said_anew, versions_of
from service_portal.tickets.views import sees_internal
from service_portal.web.guards import requires
from service_portal.web.paging import cut

_LINES = sa.text("""
    SELECT line.*, p.name_en AS person_en, p.name_zh AS person_zh FROM (
        SELECT m.at, 'message' AS what, m.id, m.author_name AS name, m.author_id AS person_id,
            m.author_role AS role, m.audience = 'internal' AS internal, m.body, NULL AS kind,
            '{}'::jsonb AS data, NULL AS to_status
        FROM message AS m WHERE m.ticket_id = :ticket_id AND (:internal OR m.audience = 'shared')
        UNION ALL
        SELECT t.at, 'event', t.id, t.actor_name, t.actor_person_id, t.actor_role,
            t.audience = 'staff', NULL, t.kind, t.data, t.to_status
        FROM timeline_entry AS t
        WHERE t.ticket_id = :ticket_id AND (:internal OR t.audience = 'all')
    ) AS line
    LEFT JOIN person AS p ON p.id = line.person_id
    WHERE CAST(:at AS timestamptz) IS NULL
        OR (line.at, what, line.id) > (CAST(:at AS timestamptz), :what, CAST(:id AS bigint))
    ORDER BY line.at, what, line.id LIMIT :most
""")

_CHOSEN = sa.text("""
    SELECT 'route' AS kind, id, name_en, name_zh FROM station WHERE id = ANY(:route)
    UNION ALL SELECT 'assign', id, name_en, name_zh FROM member WHERE id = ANY(:assign)
    UNION ALL SELECT 'offer', id, name_en, name_zh FROM institution WHERE id = ANY(:offer)
""")


@v1.get("/tickets/<reference>/timeline", tags=["tickets"])
@v1.response(200, shapes.Timeline)
@requires(Permission.TICKET_CONVERSATION)
@of_ticket
@v1.arguments(schemas.Lines, location="query")
def timeline(seen: Seen, wanted: dict[str, Any]) -> Response:
    """Tell what happened and what was said, oldest first.

    To an institution it is told once the institution has accepted the case.
    """
    at, what, last_id = wanted["cursor"] or (None, None, None)
    place = {"at": at, "what": what, "id": last_id, "most": wanted["limit"] + 1}
    rows = db.session.execute(
        _LINES, {"ticket_id": seen.ticket.id, "internal": sees_internal(seen), **place}
    ).all()
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
    made = db.session.scalars(
        sa.select(Decision).where(Decision.ticket_id == seen.ticket.id).order_by(Decision.id)
    ).all()
    names = _chosen(made)
    return answer(
        {
            "decisions": [
                {
                    "at": stamp(one.at),
                    "kind": one.kind,
                    "outcome": one.outcome,
                    "chosen": names.get((one.kind, one.chosen_id)),
                    "words": both(one, "words"),
                    "considered": one.considered,
                }
                for one in made
            ]
        }
    )


def _chosen(made: Sequence[Decision]) -> dict[tuple[str, int | None], dict[str, Any]]:
    ids = {
        kind: [one.chosen_id for one in made if one.kind == kind and one.chosen_id is not None]
        for kind in ("route", "assign", "offer")
    }
    return {
        (row.kind, row.id): {"id": row.id, "name": both(row)}
        for row in db.session.execute(_CHOSEN, ids)
    }

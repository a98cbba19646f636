"""Tickets over the API: file one, exactly once for each key; list them; see one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.actor import ENTERPRISE_ROLES, INSTITUTION_ROLES, Actor, Role
from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.api import repeating, schemas, shapes
from service_portal.api.addresses import of_ticket
from service_portal.api.answers import answer, stamp
from service_portal.api.blueprint import v1
from service_portal.api.bodies import FILING
from service_portal.api.problems import Invalid
from service_portal.api.reading import found, id_among, rows_of, ticket_shape
from service_portal.catalogue import queries as catalogue
from service_portal.catalogue.forms import validate_answers
from service_portal.catalogue.rules import ServiceDefinition
from service_portal.directory.models import Enterprise
from service_portal.directory.queries import id_of_key, stations
from service_portal.filing import services
from service_portal.filing.pacing import keep_pace, take_pace_back
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.errors import Forbidden, Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.tickets.asked import NAMES, Request
from service_portal.tickets.clock_queries import IN_ORDER, clocks_of
from service_portal.tickets.models import Rating, Ticket
from service_portal.tickets.moves.registry import open_moves
from service_portal.tickets.queries import Seen, linked_and_readable, linked_with
from service_portal.tickets.rules import Status, Verdict
from service_portal.web.guards import current_actor, requires
from service_portal.web.paging import cut


@v1.post("/tickets", tags=["tickets"])
@v1.response(
    201,
    shapes.Filed,
    headers={"Location": {"required": True, "schema": {"type": "string"}}, **repeating.ANSWERED},
)
@v1.doc(**repeating.DESCRIBED)
@requires(Permission.ACCOUNT_OWN)
@v1.arguments(FILING)
def file_ticket(said: dict[str, Any]) -> Response:
    """File a request.

    An enterprise files for itself; a station member names the enterprise. With an `Idempotency-Key`
    the ticket is filed once, and a repetition gets the first answer again.
    """
    actor = current_actor()
    if not may(actor, Permission.TICKET_FILE) and not may(actor, Permission.TICKET_FILE_ON_BEHALF):
        raise Forbidden(
            _("The role this token acts in may not do this. Use the token of another role.")
        )
    idempotency = repeating.key_of(said)
    try:
        filed = _file(said, actor, idempotency)
    except Refused:
        # What was taken once stays taken, even if the service or the enterprise has gone since.
        if idempotency is None or repeating.noted(actor, idempotency[0]) is None:
            raise
        filed = services.first_answer(actor=actor, idempotency=idempotency)
    href = f"/api/v1/tickets/{filed.reference}"
    headers = {"Location": href, **(repeating.REPLAYED if filed.repeated else repeating.FIRST)}
    return answer(
        {
            "reference": filed.reference,
            "status": Status.SUBMITTED,
            "service": said["service"].upper(),
            "href": href,
        },
        201,
        headers=headers,
    )


def _file(
    said: dict[str, Any], actor: Actor, idempotency: tuple[str, bytes] | None
) -> services.Filed:
    service = catalogue.get_service(said["service"])
    if service is None:
        raise Invalid(
            [("service", _("There is no such service. GET /api/v1/services lists them."))]
        )
    asked = request_of(said, service.definition)
    own = services.files_for_itself(actor)
    enterprise_id = _enterprise_id(said["enterprise"], actor, own=own)
    at = now()
    keep_pace(actor=actor, now=at)
    with unit_of_work():
        filed = services.file_ticket(
            asked,
            actor=actor,
            enterprise_id=enterprise_id,
            service=service,
            channel="api" if own else said["channel"],
            now=at,
            idempotency=idempotency,
        )
    if filed.repeated:
        take_pace_back(actor=actor, now=at)
    return filed


def request_of(said: dict[str, Any], definition: ServiceDefinition) -> Request:
    """Make the request that is said; raises Invalid naming every answer that does not fit the
    service's questions.
    """
    return Request(answers=answers_in(said, definition), **{name: said[name] for name in NAMES})


def answers_in(said: dict[str, Any], definition: ServiceDefinition) -> dict[str, Any]:
    """Give the answers that were sent, clean; raises Invalid naming every one that does not fit the
    service's questions.
    """
    answers, errors = validate_answers(definition, said["answers"])
    if errors:
        raise Invalid([(f"answers.{key}", message) for key, message in errors.items()])
    return answers


def _enterprise_id(uscc: str, actor: Actor, *, own: bool) -> int:
    if own:
        if uscc:
            raise Invalid(
                [("enterprise", _("This token files for its own enterprise. Leave this out."))]
            )
        assert actor.enterprise_id is not None
        return actor.enterprise_id
    chosen = id_of_key(Enterprise, "uscc", uscc.upper())
    if chosen is None:
        raise Invalid(
            [("enterprise", _("Give the social credit code of an enterprise of the zone."))]
        )
    return chosen


@v1.get("/tickets", tags=["tickets"])
@v1.response(200, shapes.Tickets)
@requires(Permission.TICKET_LIST)
@v1.arguments(schemas.Filters, location="query")
def list_tickets(wanted: dict[str, Any]) -> Response:
    """List the tickets of the token's reach, newest first."""
    actor = current_actor()
    rows = found(actor, wanted, station_id=id_among(stations(), wanted["station"], field="station"))
    page = cut(rows, wanted["limit"], lambda row: [row.id])
    return answer(
        {
            "tickets": [ticket_shape(row, actor) for row in page.rows],
            "next_cursor": page.next_cursor,
        }
    )


@v1.get("/tickets/<reference>", tags=["tickets"])
@v1.response(200, shapes.Ticket)
@requires(Permission.TICKET_VIEW)
@of_ticket
def show_ticket(seen: Seen) -> Response:
    """Show everything about a ticket that the token may see, and what it may do next."""
    ticket, actor = seen.ticket, seen.actor
    (row,) = rows_of(sa.select(Ticket.id).where(Ticket.id == ticket.id))
    # Auditors judge acts, not contents; an institution that is only asked reads what its offer
    # shows.
    hidden = actor.role is Role.AUDITOR
    offered = not seen.can(Permission.TICKET_CONVERSATION)
    rating = None if offered else db.session.get(Rating, (ticket.id, ticket.cycle))
    shown_kinds = set(IN_ORDER)
    if offered or actor.role in ENTERPRISE_ROLES:
        shown_kinds = {"offer", "resolve"} if offered else {"look_again", "resolve", "call_back"}
    if actor.role in INSTITUTION_ROLES:
        shown_kinds -= {"call_back"}
    clocks = [clock for clock in clocks_of(ticket.id) if clock.kind in shown_kinds]
    said = {
        **ticket_shape(row, actor),
        "description": None if hidden else ticket.description,
        "contact": (
            None
            if hidden or offered
            else {"name": ticket.contact_name, "phone": ticket.contact_phone}
        ),
        "answers": None if hidden else ticket.answers,
        "amount": None if hidden or ticket.amount is None else str(ticket.amount),
        "channel": None if offered else ticket.channel,
        "cycle": ticket.cycle,
        "outcome": None if offered else ticket.close_outcome,
        "rating": rated(rating) if rating else None,
        "clocks": [
            {
                "kind": clock.kind,
                "cycle": clock.cycle,
                "started_at": stamp(clock.started_at),
                "due_at": stamp(clock.due_at),
                "first_due_at": stamp(clock.first_due_at),
                "stopped_at": stamp(clock.stopped_at),
                "outcome": clock.outcome,
                "estimated": clock.estimated,
            }
            for clock in clocks
        ],
        "moves": open_moves(seen),
        "related": [] if offered else related_to(ticket, actor),
    }
    return answer(said)


def related_to(ticket: Ticket, actor: Actor) -> list[dict[str, Any]]:
    """Write the tickets that go with one, of those that the token may see."""
    readable = linked_and_readable((), actor=actor, besides=ticket.linked_ids)
    return [
        {"reference": one.reference, "title": one.title, "status": one.status}
        for one in linked_with(ticket, readable)
    ]


def rated(rating: Rating) -> dict[str, Any]:
    """Write what the enterprise said."""
    solved = None if rating.verdict is None else rating.verdict == Verdict.SOLVED
    return {
        "level": rating.level,
        "solved": solved,
        "verdict": rating.verdict,
        "comment": rating.comment,
        "source": rating.source,
        "first_at": stamp(rating.first_at),
    }

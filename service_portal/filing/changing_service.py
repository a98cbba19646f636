"""A request that was filed under the wrong service goes on under the right one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.catalogue.forms import validate_answers
from service_portal.catalogue.queries import CurrentService, get_service
from service_portal.catalogue.rules import ServiceDefinition, amount_of
from service_portal.events.catalog import ServiceChanged
from service_portal.kernel.errors import Conflict, Refused
from service_portal.sla.business_time import Limit
from service_portal.sla.codes import ClockKind
from service_portal.sla.queries import calendar_for
from service_portal.tickets.clocks import cancel_clocks, counted_since, start_clock_since
from service_portal.tickets.codes import DeliveredBy
from service_portal.tickets.models import Ticket
from service_portal.tickets.projection import project_clocks
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.rules import Move
from service_portal.tickets.services import advance, end_assignment, leave_station, spoke
from service_portal.tickets.versions import FROM_VERSION, snapshot


@dataclass(frozen=True, slots=True)
class Promised:
    """The day of the answer as it is promised now, and as the other service would promise it."""

    before: datetime | None
    after: datetime


def chosen_service(code: str, *, instead_of: Ticket) -> CurrentService:
    """Give the service that a request shall go on under; raises Refused where it does not fit, or
    is the same.
    """
    if code.upper() == instead_of.service_code:
        raise Refused(_("The request is under this service already."), field="service")
    return fitting_service(code, ticket=instead_of)


def fitting_service(code: str, *, ticket: Ticket, field: str = "service") -> CurrentService:
    """Give a service under which what a request asks for can go on.

    Raises Refused where it is not offered, or may not be delivered without a consent that the
    enterprise has not given.
    """
    service = get_service(code)
    if service is None or not service.active:
        raise Refused(_("Choose a service that is offered."), field=field)
    if service.definition.delivered_by == DeliveredBy.POOL and not ticket.consent:
        raise Refused(
            _(
                "Only an institution delivers this service, and the enterprise has not agreed to"
                " share its request with one. Send it back and ask for that first."
            ),
            field=field,
        )
    return service


def known_answers(ticket: Ticket, definition: ServiceDefinition) -> dict[str, Any]:
    """Give the answers of a request that another service asks for, too, as far as they fit."""
    asked = {field.key for field in definition.fields}
    answers, _errors = validate_answers(
        definition, {key: value for key, value in ticket.answers.items() if key in asked}
    )
    return answers


def promised(ticket: Ticket, definition: ServiceDefinition, *, now: datetime) -> Promised:
    """Give what a change would mean for the day of the answer: the working time used so far counts
    against the other service's.
    """
    since = counted_since(ClockKind.RESOLVE, ticket_id=ticket.id) or now
    due_at = calendar_for()[1].deadline(since, _limit(definition, ClockKind.RESOLVE))
    return Promised(ticket.resolve_due_at, due_at)


def change_service(
    *,
    actor: Actor,
    ticket_id: int,
    service: str,
    answers: Mapping[str, Any],
    reason: str,
    now: datetime,
) -> Ticket:
    """Let a request go on under another service, from the start: it is routed, assigned and
    accepted anew, and `reason` tells the enterprise why.

    What was delivered so far stays counted under the service of its time. The answer is promised
    anew with the working time used so far, the acceptance with its whole time. `answers` fit the
    other service's questions.
    """
    if not reason:
        raise Refused(_("Tell the enterprise why in a sentence."), field="reason")
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_ACCEPT).ticket
    if ticket.institution_id is not None:
        raise Conflict(_("An institution has this case. Take it back first."))
    chosen = chosen_service(service, instead_of=ticket)
    since = counted_since(ClockKind.RESOLVE, ticket_id=ticket.id) or now
    advance(
        ticket,
        Move.CHANGE_SERVICE,
        actor=actor,
        now=now,
        data={
            "service": chosen.code,
            "from_service": ticket.service_code,
            "from_category": ticket.category_code,
            FROM_VERSION: ticket.service_version_id,
            "reason": reason,
            "was": snapshot(ticket),
        },
        event=ServiceChanged(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id),
    )
    _go_on_under(ticket, chosen, answers)
    cancel_clocks(ticket, now=now)
    for kind, at in ((ClockKind.ACCEPT, now), (ClockKind.RESOLVE, since)):
        start_clock_since(
            at,
            ticket_id=ticket.id,
            enterprise_id=ticket.enterprise_id,
            kind=kind,
            limit=_limit(chosen.definition, kind),
            now=now,
        )
    end_assignment(ticket, now=now)
    leave_station(ticket)
    ticket.station_id = ticket.owner_id = ticket.waiting_reason = None
    spoke(ticket, actor=actor, now=now)
    project_clocks(ticket)
    return ticket


def _go_on_under(ticket: Ticket, chosen: CurrentService, answers: Mapping[str, Any]) -> None:
    definition = chosen.definition
    ticket.service_code, ticket.category_code = chosen.code, chosen.category.code
    ticket.service_version_id = chosen.version_id
    ticket.answers, ticket.amount = dict(answers), amount_of(definition, answers)
    ticket.delivered_by, ticket.auto_accept = definition.delivered_by, definition.auto_accept
    ticket.effort_points = definition.effort_points
    # Nobody is asked again that was asked under the other service.
    ticket.turns, ticket.bounces = ticket.turns + ticket.bounces, 0
    ticket.by_hand = False


def _limit(definition: ServiceDefinition, kind: ClockKind) -> Limit:
    return Limit(definition.limits[kind].amount, definition.limits[kind].unit)

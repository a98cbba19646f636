"""The blueprint of the filing pages, and for which service and enterprise a request is."""

from __future__ import annotations

from flask import Blueprint, request

from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.catalogue import queries as catalogue
from service_portal.catalogue.queries import CurrentService
from service_portal.filing import queries, services
from service_portal.filing.moves import ACTS
from service_portal.kernel.errors import Missing
from service_portal.tickets.asked import asked_in
from service_portal.tickets.moves.routes import add_acts
from service_portal.web.guards import current_actor

blueprint = Blueprint("filing", __name__)
add_acts(blueprint, ACTS)
blueprint.app_template_global()(asked_in)


def offered_service(code: str) -> CurrentService:
    """Give a service that is offered now, or raise Missing."""
    service = catalogue.get_service(code)
    if service is None or not service.active:
        raise Missing()
    return service


def chosen_enterprise_id() -> int:
    """Say for whom the form is: one's own enterprise, or the one chosen at the desk."""
    actor = current_actor()
    if services.files_for_itself(actor):
        assert actor.enterprise_id is not None
        return actor.enterprise_id
    chosen = request.values.get("enterprise_id", type=int)
    if not may(actor, Permission.TICKET_FILE_ON_BEHALF) or chosen is None:
        raise Missing()
    return queries.enterprise_facts(chosen).id

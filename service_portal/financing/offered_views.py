"""What banks offer, as an enterprise sees it before it asks: which products fit, and why."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import render_template, request

from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.catalogue.queries import CurrentService, get_service
from service_portal.directory.models import Enterprise
from service_portal.financing.fitting import Fit, Need, fitting, wanted_in
from service_portal.financing.pages import blueprint
from service_portal.financing.products import loan_services
from service_portal.financing.rules import Wanted
from service_portal.folders import chosen_beside
from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing
from service_portal.web.guards import current_actor, requires

NOTHING = Wanted(None, None, ())


@blueprint.app_template_global("loan_products_beside")
def loan_products_beside(service: CurrentService, enterprise: Any, form: Any) -> list[Fit] | None:
    """Give the products that may be chosen beside the form of a request, by what stands in it; None
    where the reader does not ask for their own enterprise, or the service asks no institutions.
    """
    actor, definition = current_actor(), service.definition
    own = actor.enterprise_id == enterprise.id and may(actor, Permission.LOAN_ASK)
    if not own or not definition.in_parallel:
        return None
    answers = {one.key: form[f"answer_{one.key}"].data for one in definition.fields}
    return _fitting([service.code], wanted_in(definition, answers))


@blueprint.get("/bank-products")
@requires(Permission.LOAN_ASK)
def offered() -> str:
    """Show the products an enterprise can ask for, service by service, and which of their
    conditions its figures meet.
    """
    services = {one.code: one for one in loan_services() if one.active}
    on_offer = [fit for fit in _fitting(list(services), NOTHING) if fit.is_on_offer]
    found = sorted(on_offer, key=lambda fit: fit.product.service_code)
    return render_template(
        "financing/offered.html",
        by_service=[
            (services[code], list(fits))
            for code, fits in groupby(found, key=lambda fit: fit.product.service_code)
        ],
        has_lines=may(current_actor(), Permission.MONEY_READ),
    )


@blueprint.get("/bank-products/<service_code>/fitting")
@requires(Permission.LOAN_ASK)
def fitting_products(service_code: str) -> str:
    """Give the products that fit what stands in the form of a request now."""
    service = get_service(service_code)
    if service is None or not service.active or not service.definition.in_parallel:
        raise Missing()
    answers = {
        one.key: said if one.type == "choices" else "".join(said[:1])
        for one in service.definition.fields
        if (said := request.args.getlist(f"answer_{one.key}"))
    }
    return render_template(
        "financing/fitting.html",
        fits=_fitting([service_code], wanted_in(service.definition, answers)),
        chosen=chosen_beside(request.args).get("product_ids", []),
    )


def _fitting(service_codes: list[str], wanted: Wanted) -> list[Fit]:
    enterprise = db.session.get_one(Enterprise, current_actor().enterprise_id)
    need = Need(enterprise.id, enterprise.park_id, service_codes, wanted)
    return fitting(need, now().astimezone(zone_time()).date())

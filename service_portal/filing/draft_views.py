"""Drafts: kept while one types, and thrown away."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.filing import drafts, services
from service_portal.filing.pages import blueprint, chosen_enterprise_id, offered_service
from service_portal.kernel.clock import now
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.guards import current_actor, requires
from service_portal.web.reading import LONG_FORM_BYTES, takes_up_to


@blueprint.post("/drafts/<service_code>")
@requires(Permission.ACCOUNT_OWN)
@takes_up_to(LONG_FORM_BYTES)
def save_draft(service_code: str) -> tuple[str, int]:
    """Keep what has been typed so far and say when."""
    at = now()
    with unit_of_work():
        drafts.keep(
            actor=current_actor(),
            enterprise_id=chosen_enterprise_id(),
            service_code=offered_service(service_code).code,
            form=request.form,
            now=at,
        )
    return render_template("filing/saved.html", at=at), 200


@blueprint.post("/drafts/<service_code>/discard")
@requires(Permission.ACCOUNT_OWN)
def discard_draft(service_code: str) -> Response:
    """Throw a draft and its files away."""
    enterprise_id = chosen_enterprise_id()
    with unit_of_work():
        drafts.discard(
            actor=current_actor(),
            enterprise_id=enterprise_id,
            service_code=offered_service(service_code).code,
        )
    flash(_("The draft is gone."), "info")
    if services.files_for_itself(current_actor()):
        return redirect(url_for("filing.new_ticket", service_code=service_code))
    return redirect(
        url_for("filing.new_ticket", service_code=service_code, enterprise_id=enterprise_id)
    )

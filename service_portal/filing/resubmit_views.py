"""The page on which a returned request is completed and sent again."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.catalogue.queries import definition
from service_portal.catalogue.rules import ServiceDefinition
from service_portal.files.storing import Stored
from service_portal.filing import drafts, queries, services
from service_portal.filing.forms import FILE_ENDINGS, RequestForm, request_form, request_of
from service_portal.filing.pages import blueprint
from service_portal.filing.uploads import put_each
from service_portal.kernel.clock import now
from service_portal.kernel.errors import Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.tickets.attachments import attach
from service_portal.tickets.models import Ticket
from service_portal.tickets.queries import lock_ticket, see_ticket
from service_portal.tickets.rules import Status
from service_portal.web.guards import current_actor, requires
from service_portal.web.language import language
from service_portal.web.reading import takes_files


@blueprint.route("/tickets/<int:ticket_id>/resubmit", methods=["GET", "POST"])
@requires(Permission.TICKET_RESUBMIT)
@takes_files
def resubmit(ticket_id: int) -> str | Response | tuple[str, int]:
    """Add what was missing to a returned request and send it again."""
    actor, at = current_actor(), now()
    seen = see_ticket(ticket_id, actor=actor, permission=Permission.TICKET_RESUBMIT)
    ticket = seen.ticket
    if ticket.status != Status.RETURNED:
        raise Refused(_("This request was not sent back to you; there is nothing to add."))
    said = definition(ticket.service_version_id)
    form_class = request_form(said, language())
    if request.method == "GET":
        form = form_class(data=drafts.values_of(ticket, said), meta={"csrf": False})
        return _resubmit_page(ticket, form, said, [])
    form = form_class()
    put = partial(_put, actor=actor, ticket_id=ticket.id, now=at)
    problems = put_each(request.files.getlist("files"), put)
    if not form.validate() or problems:
        return _resubmit_page(ticket, form, said, problems), 422
    with unit_of_work():
        services.resubmit_ticket(
            actor=actor, ticket_id=ticket_id, request=request_of(said, form), now=at
        )
    flash(_("Sent again. We look at it next."), "success")
    return redirect(url_for("tickets.show_ticket", ticket_id=ticket_id))


def _put(stored: Stored, *, actor: Actor, ticket_id: int, now: datetime) -> None:
    """Put a file on the request as long as it waits for it: looking at a file takes a while."""
    permission = Permission.TICKET_RESUBMIT
    ticket = lock_ticket(ticket_id, actor=actor, permission=permission).ticket
    if ticket.status != Status.RETURNED:
        raise Refused(_("This request was not sent back to you; there is nothing to add."))
    attach(
        stored,
        actor=actor,
        enterprise_id=ticket.enterprise_id,
        now=now,
        ticket_id=ticket.id,
    )


def _resubmit_page(
    ticket: Ticket, form: RequestForm, said: ServiceDefinition, problems: list[str]
) -> str:
    return render_template(
        "filing/resubmit.html",
        ticket=ticket,
        form=form,
        definition=said,
        problems=problems,
        asked=queries.what_was_asked(ticket.id),
        sent_files=queries.request_files(ticket.id),
        file_endings=FILE_ENDINGS,
    )

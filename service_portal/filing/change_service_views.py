"""The page on which a request gets another service: which one, and what that asks for besides."""

from __future__ import annotations

from functools import lru_cache

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from service_portal.access.permissions import Permission
from service_portal.catalogue import queries as catalogue
from service_portal.catalogue.forms import answers_of, plain, question_fields
from service_portal.catalogue.queries import CurrentService
from service_portal.catalogue.rules import ServiceDefinition
from service_portal.filing import changing_service as changing
from service_portal.filing import drafts
from service_portal.filing.moves.change_service import CHANGE_SERVICE, REASON
from service_portal.filing.pages import blueprint
from service_portal.kernel.clock import now
from service_portal.kernel.errors import Conflict, Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.registry import open_acts
from service_portal.tickets.queries import see_ticket
from service_portal.tickets.rules import Status
from service_portal.tickets.words import refusal
from service_portal.web.guards import current_actor, requires
from service_portal.web.language import language


class ChangeForm(FlaskForm):
    """Why the service changes, and the answers to the questions of the other one."""


@blueprint.route("/tickets/<int:ticket_id>/change-service", methods=["GET", "POST"])
@requires(Permission.TICKET_ACCEPT)
def change_service(ticket_id: int) -> str | Response | tuple[str, int]:
    """Choose another service, answer what it asks for besides, see what it promises, confirm."""
    actor, at = current_actor(), now()
    seen = see_ticket(ticket_id, actor=actor, permission=Permission.TICKET_ACCEPT)
    ticket = seen.ticket
    if CHANGE_SERVICE not in open_acts(seen):
        raise Conflict(refusal(Status(ticket.status)), code="illegal_move")
    wanted = request.values.get("service", "")[:60]
    if not wanted and request.method == "GET":
        return _choosing_page(ticket)
    try:
        service = changing.chosen_service(wanted, instead_of=ticket)
    except Refused as refused:
        return _choosing_page(ticket, wanted, refused), refused.status
    definition = service.definition
    known = changing.known_answers(ticket, definition)
    form_class = change_form(definition, language())
    if request.method == "GET":
        data = drafts.shown_answers(known, definition)
        return _form_page(ticket, service, form_class(data=data, meta={"csrf": False}), set(known))
    form = form_class()
    if not form.validate():
        return _form_page(ticket, service, form, set(known)), 422
    with unit_of_work():
        changing.change_service(
            actor=actor,
            ticket_id=ticket_id,
            service=service.code,
            answers=answers_of(definition, form),
            reason=form["reason"].data,
            now=at,
        )
    flash(
        _("%(reference)s goes on under the other service.", reference=ticket.reference), "success"
    )
    return redirect(url_for("working.queue"))


@lru_cache(maxsize=512)
def change_form(definition: ServiceDefinition, locale: str) -> type[ChangeForm]:
    """Build the form class of a change to a service in one language."""
    questions = question_fields(definition, locale)
    reason = TextAreaField(
        REASON.label,
        description=REASON.hint,
        filters=[plain],
        validators=[
            InputRequired(message=REASON.required),
            Length(
                max=REASON.most, message=_l("Keep this under %(max)d characters.", max=REASON.most)
            ),
        ],
    )
    return type("ChangeForm", (ChangeForm,), {**questions, "reason": reason})


def _choosing_page(ticket: Ticket, wanted: str = "", wrong: Refused | None = None) -> str:
    offered = [one for one in catalogue.active_services() if one.code != ticket.service_code]
    return render_template(
        "filing/choose_service.html",
        ticket=ticket,
        groups=[
            (category, [one for one in offered if one.category.code == category.code])
            for category in catalogue.categories()
        ],
        wanted=wanted.upper(),
        wrong=wrong,
    )


def _form_page(ticket: Ticket, service: CurrentService, form: ChangeForm, known: set[str]) -> str:
    names = [f"answer_{field.key}" for field in service.definition.fields]
    taken_over = {f"answer_{key}" for key in known}
    there = [name for name in names if name in taken_over and not form[name].errors]
    return render_template(
        "filing/change_service.html",
        ticket=ticket,
        before=catalogue.services()[ticket.service_code],
        service=service,
        form=form,
        missing=[name for name in names if name not in there],
        there=there,
        promised=changing.promised(ticket, service.definition, now=now()),
    )

"""The lead's board and the institution's desk."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.access.policy import Scope, may, scope_of
from service_portal.assigning import answering
from service_portal.assigning.asked_days import asked_days
from service_portal.assigning.calls import to_call_back
from service_portal.assigning.desks import (
    board_members,
    cases_of_absent,
    desk_cases,
    desk_offers,
    desk_score,
    expiring_offers,
    one_offer,
    waiting_for_someone,
)
from service_portal.assigning.moves import ACTS
from service_portal.assigning.moves.decline_offer import DECLINE_OFFER
from service_portal.assigning.offerable import institutions_by_case
from service_portal.catalogue import queries as catalogue
from service_portal.catalogue.words import describe_answers
from service_portal.directory.queries import stations
from service_portal.folders import address_about
from service_portal.kernel.clock import now
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.tickets.choices import DECLINES
from service_portal.tickets.moves.routes import add_acts, read_form
from service_portal.tickets.moves.web_forms import sent_with
from service_portal.web.guards import current_actor, requires

blueprint = Blueprint("assigning", __name__)
add_acts(blueprint, ACTS)


def _station_id() -> int | None:
    actor = current_actor()
    if scope_of(actor, Permission.TICKET_BOARD) is Scope.ZONE:
        wanted = request.args.get("station", type=int)
        return wanted if wanted is not None and 0 < wanted < 2**62 else None
    return actor.station_id


@blueprint.get("/board")
@requires(Permission.TICKET_BOARD)
def board() -> str:
    """Show who is stuck: cases that wait for someone with the reason, members with their load,
    offers about to expire.
    """
    station_id, at = _station_id(), now()
    waiting = waiting_for_someone(station_id)
    name = (
        "assigning/board_parts.html"
        if request.headers.get("X-Fragment")
        else "assigning/board.html"
    )
    return render_template(
        name,
        waiting=waiting,
        able_to_take=institutions_by_case([row for row in waiting if row.is_to_be_offered]),
        uncovered=cases_of_absent(station_id, at),
        members=board_members(station_id, at),
        offers=expiring_offers(station_id),
        calls=to_call_back(station_id) if may(current_actor(), Permission.TICKET_CALL_BACK) else (),
        asked=asked_days(station_id, at),
        me=current_actor().person_id,
        services=catalogue.services(),
        stations=stations(),
        station_id=station_id,
        choose_station=scope_of(current_actor(), Permission.TICKET_BOARD) is Scope.ZONE,
        at=at,
        may_give=may(current_actor(), Permission.TICKET_ASSIGN),
        may_offer=may(current_actor(), Permission.OFFER_WITHDRAW),
    )


@blueprint.get("/institution")
@requires(Permission.OFFER_LIST)
def desk() -> str:
    """Show an institution its offers, its cases and its own numbers."""
    actor, at = current_actor(), now()
    assert actor.institution_id is not None
    name = (
        "assigning/desk_parts.html" if request.headers.get("X-Fragment") else "assigning/desk.html"
    )
    return render_template(
        name,
        offers=desk_offers(actor.institution_id),
        cases=desk_cases(actor.institution_id),
        score=desk_score(actor.institution_id, at),
        services=catalogue.services(),
        reasons=DECLINES,
        may_answer=scope_of(actor, Permission.OFFER_ANSWER) is not Scope.NONE,
        at=at,
    )


@blueprint.get("/offers/<int:offer_id>")
@requires(Permission.OFFER_LIST)
def show_offer(offer_id: int) -> str | Response:
    """Show what is offered, without the contact's phone, and the two answers."""
    actor = current_actor()
    row = one_offer(offer_id, actor.institution_id or 0)
    if row.in_parallel:
        return redirect(address_about({"loan_offer_id": offer_id}))
    definition = catalogue.definition(row.service_version_id)
    return render_template(
        "assigning/show_offer.html",
        offer=row,
        definition=definition,
        answers=describe_answers(definition, row.answers),
        decline=DECLINE_OFFER,
        reasons=DECLINES,
        sent=sent_with(DECLINE_OFFER),
        may_answer=scope_of(actor, Permission.OFFER_ANSWER) is not Scope.NONE,
        at=now(),
    )


@blueprint.post("/offers/<int:offer_id>/accept")
@requires(Permission.OFFER_ANSWER)
def accept_offer(offer_id: int) -> Response:
    """Take a case."""
    with unit_of_work():
        ticket = answering.accept_offer(actor=current_actor(), offer_id=offer_id, now=now())
    flash(
        _(
            "The case is yours. Call %(name)s: %(phone)s",
            name=ticket.contact_name,
            phone=ticket.contact_phone,
        ),
        "success",
    )
    return redirect(url_for("tickets.show_ticket", ticket_id=ticket.id))


@blueprint.post("/offers/<int:offer_id>/decline")
@requires(Permission.OFFER_ANSWER)
def decline_offer(offer_id: int) -> Response:
    """Decline a case, with a reason."""
    said = read_form(DECLINE_OFFER).data
    with unit_of_work():
        answering.decline_offer(actor=current_actor(), offer_id=offer_id, now=now(), **said)
    flash(_("Declined; the next institution is asked."), "success")
    return redirect(url_for("assigning.desk"))

"""The enterprise chooses banks and compares what they answer; a bank reads its requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from service_portal.access.actor import ENTERPRISE_ROLES, Role
from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.catalogue import queries as catalogue
from service_portal.catalogue.words import describe_answers
from service_portal.files.handing_out import hand_out
from service_portal.financing import queries
from service_portal.financing.asking import ask_banks as ask
from service_portal.financing.files import files_of_request, files_of_talks
from service_portal.financing.fitting import newest_facts, products_for
from service_portal.financing.models import LoanAnswer
from service_portal.financing.moves import OF_BANKS
from service_portal.financing.moves.answers import (
    ACCEPT_ANSWER,
    STOP_WAITING,
    TAKE_BACK,
    WRITE_TO_BANK,
)
from service_portal.financing.moves.deciding import APPROVE_LOAN, APPROVE_SHARE, WITHDRAW_ANSWER
from service_portal.financing.pages import blueprint
from service_portal.financing.proofs import file_for, files_of_newest
from service_portal.financing.rules import LIVE, WAITING, AnswerState, AnswersWith, Step, steps_from
from service_portal.financing.standing import next_steps
from service_portal.financing.words import facts_by_section
from service_portal.folders import chosen_beside
from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing, Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.declaration import Act, Context
from service_portal.tickets.moves.registry import open_acts
from service_portal.tickets.page import read_head
from service_portal.tickets.queries import see_ticket
from service_portal.web.guards import current_actor, requires
from service_portal.web.paging import cut, decode

PAGE = 50
STEPS: dict[Act, Step] = dict(
    zip(
        OF_BANKS,
        (Step.TAKE_UP, Step.EXAMINE, Step.APPROVE, Step.APPROVE, Step.REFUSE, Step.WITHDRAW),
        strict=True,
    )
)


@blueprint.get("/tickets/<int:ticket_id>/banks")
@requires(Permission.LOAN_COMPARE)
def compare(ticket_id: int) -> str:
    """Show every institution's answer side by side, and the conversation with each."""
    actor = current_actor()
    seen = see_ticket(ticket_id, actor=actor, permission=Permission.LOAN_COMPARE)
    ticket = seen.ticket
    if not queries.asks_in_parallel(ticket):
        raise Missing()
    acts, at = set(open_acts(seen)), now()
    rows, due = queries.answers_of(ticket_id), queries.due_of(ticket_id)
    for_enterprise = actor.role in ENTERPRISE_ROLES
    today = at.astimezone(zone_time()).date()
    late = {offer_id for offer_id, due_at in due.items() if due_at < at}
    about: dict[str, Any] = {"for_enterprise": for_enterprise, "today": today, "late": late}
    return render_template(
        "financing/compare.html",
        ticket=ticket,
        here=url_for("tickets.show_ticket", ticket_id=ticket_id),
        answers=rows,
        steps=next_steps(rows, ticket, **about),
        talks=queries.talks_of(ticket_id),
        files=files_of_talks(ticket_id),
        due=due,
        acts={
            "accept": ACCEPT_ANSWER if ACCEPT_ANSWER in acts else None,
            "take_back": TAKE_BACK if TAKE_BACK in acts else None,
            "stop": STOP_WAITING if STOP_WAITING in acts else None,
            "write": WRITE_TO_BANK if WRITE_TO_BANK in acts else None,
        },
        may_ask=any(act.name == "ask_banks" for act in acts),
        waiting=WAITING,
        live=LIVE,
        today=today,
        AnswerState=AnswerState,
        for_enterprise=for_enterprise,
        hide_bodies=actor.role is Role.AUDITOR,
    )


@blueprint.app_template_global("loan_next_steps")
def loan_next_steps(rows: Sequence[Any], ticket: Ticket, *, for_enterprise: bool) -> list[str]:
    """Say on a ticket's page whose step is next."""
    today = now().astimezone(zone_time()).date()
    return next_steps(rows, ticket, for_enterprise=for_enterprise, today=today)


@blueprint.route("/tickets/<int:ticket_id>/choose-banks", methods=["GET", "POST"])
@requires(Permission.LOAN_ASK)
def ask_banks(ticket_id: int) -> str | Response | tuple[str, int]:
    """Show which products fit and why, and send the request to those that are chosen."""
    actor = current_actor()
    ticket = see_ticket(ticket_id, actor=actor, permission=Permission.LOAN_ASK).ticket
    if not queries.asks_in_parallel(ticket):
        raise Missing()
    wrong: Refused | None = None
    said = request.form if request.method == "POST" else request.args
    chosen = chosen_beside(said).get("product_ids", [])
    if request.method == "POST":
        try:
            with unit_of_work():
                answers = ask(
                    actor=actor,
                    ticket_id=ticket_id,
                    product_ids=chosen,
                    agreed="agreed" in request.form,
                    now=now(),
                )
            flash(_asked(len(answers), sent=answers[0].offer_id is not None), "success")
            return redirect(url_for("financing.compare", ticket_id=ticket_id))
        except Refused as refused:
            wrong = refused
            db.session.rollback()
    page = render_template(
        "financing/choose.html",
        ticket=see_ticket(ticket_id, actor=actor).ticket if wrong else ticket,
        fits=products_for(ticket, now().astimezone(zone_time()).date()),
        chosen=chosen,
        agreed="agreed" in request.form,
        wrong=wrong,
    )
    return (page, wrong.status) if wrong else page


def _asked(count: int, *, sent: bool) -> str:
    if sent:
        return ngettext(
            "Sent to %(num)d institution. You hear when it answers.",
            "Sent to %(num)d institutions. You hear when each answers.",
            count,
        )
    return _("Noted. They get your request as soon as the station has accepted it.")


@blueprint.get("/loan-requests")
@requires(Permission.LOAN_DESK)
def desk() -> str:
    """List an institution's loan requests, the newest first."""
    actor, cursor = current_actor(), request.args.get("after")
    before = decode(cursor, int)
    rows = queries.desk_answers(
        actor.institution_id or 0, before=before[0] if before else None, size=PAGE
    )
    page = cut(rows, PAGE, lambda row: [row.LoanAnswer.id], cursor if before else None)
    return render_template(
        "financing/desk.html",
        page=page,
        waiting=WAITING,
        AnswerState=AnswerState,
        may_edit=may(actor, Permission.PRODUCT_EDIT),
    )


@blueprint.get("/loan-offers/<int:loan_offer_id>")
@requires(Permission.LOAN_DESK)
def show_offer(loan_offer_id: int) -> str:
    """Show an institution a request that was sent to it, its own conversation and the next step."""
    actor, at = current_actor(), now()
    row = queries.answer_by_offer(loan_offer_id, actor.institution_id or 0)
    if row is None:
        raise Missing()
    answer = row.LoanAnswer
    seen = see_ticket(answer.ticket_id, actor=actor, permission=Permission.LOAN_TALK)
    ticket = seen.ticket
    definition = catalogue.definition(ticket.service_version_id)
    head = read_head(ticket.id)
    today = at.astimezone(zone_time()).date()
    facts = newest_facts(ticket.enterprise_id, today) if row.signed_at else {}
    return render_template(
        "financing/show_offer.html",
        row=row,
        answer=answer,
        ticket=ticket,
        head=head,
        definition=definition,
        answers=describe_answers(definition, ticket.answers),
        facts=facts_by_section(facts),
        proofs=files_of_newest(ticket.enterprise_id, today) if facts else {},
        request_files=files_of_request(ticket.id) if row.signed_at else [],
        talk=queries.talk_with(ticket.id, answer.institution_id),
        files=files_of_talks(ticket.id, answer.institution_id),
        acts=_own_acts(open_acts(seen), answer, row.answers_with),
        write=WRITE_TO_BANK,
        on=Context(seen, head, definition, at),
        due=queries.due_of(ticket.id).get(answer.offer_id),
        here=url_for("tickets.show_ticket", ticket_id=ticket.id),
        waiting=WAITING,
        AnswerState=AnswerState,
    )


@blueprint.get("/loan-figures/<int:fact_file_id>")
@requires(Permission.LOAN_DESK)
def figure_file(fact_file_id: int) -> Response:
    """Hand out a file that proves a figure which an institution reads with a request."""
    file = file_for(current_actor(), fact_file_id, now().astimezone(zone_time()).date())
    if file is None:
        raise Missing()
    return hand_out(file)


def _own_acts(acts: list[Act], answer: LoanAnswer, answers_with: str) -> list[Act]:
    """Give the acts of an institution that its answer can take now."""
    possible = steps_from(AnswerState(answer.state)) if answer.accepted_at is None else frozenset()
    other = APPROVE_SHARE if answers_with == AnswersWith.LINE else APPROVE_LOAN
    return [
        act
        for act in acts
        if STEPS.get(act) in possible
        and act is not other
        and (act is not WITHDRAW_ANSWER or answer.state != AnswerState.RECEIVED)
    ]

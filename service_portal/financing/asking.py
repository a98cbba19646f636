"""An enterprise chooses which banks see its request, and each of them gets it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import SYSTEM, Actor
from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketAccepted, WorkStarted
from service_portal.financing.booking import book_request
from service_portal.financing.fitting import Fit, products_for, wanted_by
from service_portal.financing.models import CreditConsent, LoanAnswer
from service_portal.financing.queries import asks_in_parallel, lock_answers
from service_portal.financing.rules import MOST_BANKS, AnswerState, Misfit, Step
from service_portal.financing.steps import take
from service_portal.financing.words import CONSENT_VERSION, say_checked, say_misfit
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Refused
from service_portal.tickets.codes import EntryKind
from service_portal.tickets.models import Ticket
from service_portal.tickets.parallel import offer_side_by_side
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.rules import Move, Status
from service_portal.tickets.services import add_entries, advance, spoke
from service_portal.web.formatting import joined, localized

SENT_IN = frozenset({Status.ACCEPTED, Status.IN_PROGRESS, Status.ON_HOLD})
ASKED_IN = SENT_IN | {Status.SUBMITTED, Status.RETURNED}


def ask_banks(
    *, actor: Actor, ticket_id: int, product_ids: Sequence[int], agreed: bool, now: datetime
) -> list[LoanAnswer]:
    """Choose products, one for each institution, and sign the consent for those institutions.

    They get the request now, or as soon as the station has accepted it.
    """
    if not product_ids:
        raise Refused(_("Choose at least one product."), field="product_ids")
    if not agreed:
        raise Refused(
            _("Sign the consent: without it no institution may look at your request."),
            field="agreed",
        )
    ticket = lock_ticket(ticket_id, actor=actor, permission=Permission.LOAN_ASK).ticket
    if not asks_in_parallel(ticket):
        raise Conflict(_("This request does not go to several institutions."))
    if ticket.status not in ASKED_IN:
        raise Conflict(
            _("Institutions can be asked while the station works on the request, not now.")
        )
    chosen = _choose(ticket, product_ids, now=now)
    if len(lock_answers(ticket.id)) + len(chosen) > MOST_BANKS:
        raise Refused(
            _("Ask at most %(most)d institutions at a time.", most=MOST_BANKS), field="product_ids"
        )
    answers = [
        LoanAnswer(
            ticket_id=ticket.id,
            enterprise_id=ticket.enterprise_id,
            institution_id=fit.product.institution_id,
            product_id=fit.product.id,
            state=AnswerState.CHOSEN,
            asked_fen=wanted_by(ticket).amount_fen,
            chosen_at=now,
            chosen_by_id=actor.person_id,
        )
        for fit in chosen
    ]
    _sign(ticket, answers, actor=actor, now=now)
    db.session.add_all(answers)
    db.session.flush()
    add_entries(
        [(ticket, {"institution_id": one.institution_id}) for one in answers],
        kind=EntryKind.LOAN_ASKED,
        actor=actor,
        now=now,
    )
    spoke(ticket, actor=actor, now=now)
    if ticket.status in SENT_IN:
        _send(ticket, answers, actor=actor, now=now)
    return answers


def _choose(ticket: Ticket, product_ids: Sequence[int], *, now: datetime) -> list[Fit]:
    fits = {fit.product.id: fit for fit in products_for(ticket, now.astimezone(zone_time()).date())}
    chosen = []
    for product_id in dict.fromkeys(product_ids):
        fit = fits.get(product_id)
        if fit is None:
            raise Refused(
                _("Choose among the products of this request's service."), field="product_ids"
            )
        if not fit.fits:
            raise Refused(
                _(
                    "“%(product)s” does not fit: %(why)s",
                    product=localized(fit.product),
                    why=_why(fit),
                ),
                field="product_ids",
                code="product_asked"
                if any(one.code == Misfit.ASKED for one in fit.against)
                else "product_unfit",
            )
        chosen.append(fit)
    if len({fit.product.institution_id for fit in chosen}) < len(chosen):
        raise Refused(_("Choose one product of each institution."), field="product_ids")
    return chosen


def _why(fit: Fit) -> str:
    said = [say_misfit(reason) for reason in fit.against]
    unmet = [say_checked(one) for one in fit.checks if not one.holds]
    return joined([*said, *(_("This condition is not met: %(what)s.", what=one) for one in unmet)])


def _sign(ticket: Ticket, answers: Sequence[LoanAnswer], *, actor: Actor, now: datetime) -> None:
    """Keep the consent for each institution: one that stands is replaced by what is signed now."""
    ids = [one.institution_id for one in answers]
    db.session.execute(
        sa.update(CreditConsent)
        .where(
            CreditConsent.ticket_id == ticket.id,
            CreditConsent.institution_id.in_(ids),
            CreditConsent.revoked_at.is_(None),
        )
        .values(revoked_at=now, revoked_by_id=actor.person_id)
        .execution_options(synchronize_session=False)
    )
    db.session.add_all(
        CreditConsent(
            ticket_id=ticket.id,
            enterprise_id=ticket.enterprise_id,
            institution_id=institution_id,
            text_version=CONSENT_VERSION,
            person_id=actor.person_id,
            person_name=actor.name,
            signed_at=now,
        )
        for institution_id in ids
    )


def send_chosen(event: TicketAccepted, *, actor: Actor, now: datetime) -> None:
    """Send a request that was just accepted to those institutions that were chosen before."""
    ticket = db.session.get_one(Ticket, event.ticket_id)
    if asks_in_parallel(ticket):
        chosen = [one for one in lock_answers(ticket.id) if one.state == AnswerState.CHOSEN]
        _send(ticket, chosen, actor=actor, now=now)


def _send(ticket: Ticket, answers: Sequence[LoanAnswer], *, actor: Actor, now: datetime) -> None:
    if not answers:
        return
    offers = offer_side_by_side(
        ticket, [one.institution_id for one in answers], actor=actor, now=now
    )
    for answer in answers:
        take(answer, Step.SEND)
        answer.offer_id, answer.received_at = offers[answer.institution_id].id, now
        book_request(answer, actor=actor, now=now)
    db.session.flush()
    if ticket.status == Status.ACCEPTED:
        event = WorkStarted(ticket_id=ticket.id, enterprise_id=ticket.enterprise_id)
        advance(ticket, Move.START, actor=SYSTEM, now=now, event=event)
        ticket.waiting_reason = None

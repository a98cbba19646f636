"""The one blueprint of the pages of financing, and what their templates say."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for

from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.financing import words
from service_portal.financing.moves import ACTS
from service_portal.financing.queries import answers_of, asks_in_parallel
from service_portal.financing.rules import WAITING, AnswerState
from service_portal.money.words import REFUSALS
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.routes import add_acts
from service_portal.web.guards import current_actor

blueprint = Blueprint("financing", __name__)
add_acts(blueprint, ACTS)

for say in (words.money, words.rate, words.rates):
    blueprint.app_template_filter(f"loan_{say.__name__}")(say)


@blueprint.app_template_global("loan_answers")
def loan_answers(ticket: Ticket) -> Any:
    """Give the answers of institutions to a request that goes to several, else None."""
    return answers_of(ticket.id) if asks_in_parallel(ticket) else None


@blueprint.app_template_global("loan_products_page")
def loan_products_page() -> str | None:
    """Give the address of the products to whoever keeps some."""
    mine = may(current_actor(), Permission.PRODUCT_EDIT)
    return url_for("financing.products") if mine else None


@blueprint.app_template_global("loan_state")
def loan_state(answer: Any) -> str:
    """Say how far an institution is with a request."""
    if answer.ended_by:
        return str(words.ENDED_BY_WORDS[answer.ended_by])
    if answer.accepted_at:
        return str(words.ACCEPTED)
    if answer.state == AnswerState.LAPSED and answer.decided_at:
        return str(words.NOT_ACCEPTED)
    return str(words.STATE_WORDS[AnswerState(answer.state)])


@blueprint.app_context_processor
def _said() -> dict[str, Any]:
    return {
        "consent_words": words.CONSENTS[words.CONSENT_VERSION],
        "loan_waiting": WAITING,
        "LoanState": AnswerState,
        "refusal_words": REFUSALS,
        "guarantee_words": words.GUARANTEE_WORDS,
        "answers_with_words": words.ANSWERS_WITH_WORDS,
        "say_misfit": words.say_misfit,
        "say_checked": words.say_checked,
        "say_yours": words.say_yours,
        "say_guarantees": words.guarantees,
    }

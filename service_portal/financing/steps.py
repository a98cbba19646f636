"""One step of an answer: legal or refused with a sentence."""

from __future__ import annotations

from flask_babel import gettext as _

from service_portal.financing.models import LoanAnswer
from service_portal.financing.rules import AnswerState, Step, next_state
from service_portal.financing.words import STATE_WORDS
from service_portal.kernel.errors import Conflict


def take(answer: LoanAnswer, step: Step) -> None:
    """Lead an answer on; the only writer of its state. Raises Conflict and changes nothing."""
    state = AnswerState(answer.state)
    target = next_state(state, step)
    if target is None or (answer.accepted_at is not None):
        raise Conflict(refusal(answer), code="illegal_step")
    answer.state = target


def refusal(answer: LoanAnswer) -> str:
    """Say in a sentence why a step is not possible now."""
    if answer.accepted_at is not None:
        return _("The enterprise has accepted this answer; it stands as it is.")
    return _(
        "This is not possible while the answer is “%(state)s”. Reload the page to see what is"
        " possible.",
        state=STATE_WORDS[AnswerState(answer.state)],
    )

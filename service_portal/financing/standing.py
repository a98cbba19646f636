"""Whose step is next with a request that goes to several institutions, in sentences."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from service_portal.financing.asking import ASKED_IN
from service_portal.financing.rules import WAITING, AnswerState
from service_portal.tickets.models import Ticket
from service_portal.tickets.rules import ENDED
from service_portal.web.formatting import listed, localized

S = AnswerState


def next_steps(
    rows: Sequence[Any],
    ticket: Ticket,
    *,
    for_enterprise: bool,
    today: date,
    late: Collection[int | None] = (),
) -> list[str]:
    """Say what the reader can do next, and who is waited for; `late` are offers whose answer is
    overdue. Nothing is left to say of a request that has ended without an answer that can be
    accepted.
    """
    answers = [row.LoanAnswer for row in rows]
    acceptable = [
        one
        for one in answers
        if one.state == S.APPROVED and not one.accepted_at and one.valid_until >= today
    ]
    chosen = [one for one in answers if one.state == S.CHOSEN]
    waiting = [
        row for row in rows if row.LoanAnswer.state in WAITING and row.LoanAnswer not in chosen
    ]
    said = _accepting(len(acceptable), for_enterprise=for_enterprise)
    if chosen:
        said.append(_once_accepted(for_enterprise=for_enterprise))
    if waiting:
        said += _waiting(waiting, late, for_enterprise=for_enterprise)
    if not said and ticket.status not in ENDED:
        said.append(_nobody_left(answers, ticket, for_enterprise=for_enterprise))
    return said


def _accepting(number: int, *, for_enterprise: bool) -> list[str]:
    if not number:
        return []
    if for_enterprise:
        return [
            ngettext(
                "Your step: accept the approval below, or let it go.",
                "Your step: compare the %(num)d approvals below and accept one or several.",
                number,
            )
        ]
    return [
        ngettext(
            "The enterprise decides about %(num)d approval.",
            "The enterprise decides about %(num)d approvals.",
            number,
        )
    ]


def _once_accepted(*, for_enterprise: bool) -> str:
    if for_enterprise:
        return _("Your station accepts the request first; then it goes to whom you chose.")
    return _("Accept the request: then it goes to the institutions that were chosen.")


def _waiting(
    rows: Sequence[Any], late: Collection[int | None], *, for_enterprise: bool
) -> list[str]:
    said = [_("Waiting for the answer of %(who)s.", who=_names(rows))]
    silent = [row for row in rows if not row.can_answer]
    overdue = [row for row in rows if row.LoanAnswer.offer_id in late and row not in silent]
    if overdue and for_enterprise:
        said.append(
            _(
                "%(who)s is late; your station has been told. You can take the request back there.",
                who=_names(overdue),
            )
        )
    elif overdue:
        said.append(_("%(who)s is late: remind it, or stop waiting.", who=_names(overdue)))
    if silent and for_enterprise:
        said.append(
            _("Nobody of %(who)s can sign in to answer now; ask others.", who=_names(silent))
        )
    elif silent:
        said.append(
            _("Nobody of %(who)s can sign in to answer now: stop waiting.", who=_names(silent))
        )
    return said


def _nobody_left(answers: Sequence[Any], ticket: Ticket, *, for_enterprise: bool) -> str:
    if any(one.accepted_at for one in answers):
        return (
            _("You have accepted: the institution gets in touch with you about the money.")
            if for_enterprise
            else _("The enterprise has accepted; the institution pays out.")
        )
    if not answers:
        return (
            _("Your step: choose which institutions see the request.")
            if for_enterprise
            else _("The enterprise has yet to choose institutions: help it choose.")
        )
    if not for_enterprise:
        return _("Nobody has approved. Look with the enterprise for others to ask.")
    if ticket.status in ASKED_IN:
        return _("Nobody has approved. You can ask other institutions.")
    return _(
        "Nobody has approved. To ask others, say on the request that this does not solve it; then"
        " it goes on."
    )


def _names(rows: Sequence[Any]) -> str:
    return listed(localized(row, "institution") for row in rows)

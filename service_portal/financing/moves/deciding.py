"""Approve, refuse, withdraw: what a bank answers in the end."""

from __future__ import annotations

from datetime import date

from service_portal.access.permissions import Permission
from service_portal.events.catalog import LoanAnswered
from service_portal.financing.answering import (
    LARGEST_RATE,
    approve_line,
    approve_share,
    refuse_request,
    withdraw_answer,
)
from service_portal.financing.moves.places import AT_THE_BANK, WITH_ANSWERS, to_desk, to_offer
from service_portal.financing.queries import asks_in_parallel
from service_portal.financing.words import GUARANTEE_WORDS, money, rate
from service_portal.kernel.dates import say_date
from service_portal.money.words import REFUSALS
from service_portal.tickets.codes import EntryKind
from service_portal.tickets.moves.declaration import Act, Place
from service_portal.tickets.moves.fields import Choice, Day, Flag, Money, Number, Text
from service_portal.tickets.moves.sentences import Entry, with_comment
from service_portal.web.language import language
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _until(entry: Entry) -> str:
    return say_date(date.fromisoformat(entry.text("valid_until")), language())


def _approved(entry: Entry) -> str:
    return _(
        "%(institution)s approved %(sum)s at %(rate)s for %(n)d months, valid until %(day)s",
        institution=entry.name("institution"),
        sum=money(entry.data.get("line_fen")),
        rate=rate(entry.data.get("rate_bp")),
        n=entry.data.get("months", 0),
        day=_until(entry),
    )


def _guaranteed(entry: Entry) -> str:
    return _(
        "%(institution)s guarantees %(n)d %% for %(months)d months, valid until %(day)s",
        institution=entry.name("institution"),
        n=entry.data.get("share_percent", 0),
        months=entry.data.get("months", 0),
        day=_until(entry),
    )


def _refused(entry: Entry) -> str:
    said = _(
        "%(institution)s refused: %(reason)s",
        institution=entry.name("institution"),
        reason=entry.words("reason", REFUSALS),
    )
    return with_comment(said, entry.text("comment"))


def _withdrawn(entry: Entry) -> str:
    said = _("%(institution)s withdrew", institution=entry.name("institution"))
    return with_comment(said, entry.text("comment"))


_MONTHS = Number(
    name="months",
    label=_l("Term (months)"),
    least=1,
    most=360,
    suggested=12,
    required=_l("Write the term in months."),
)
_GUARANTEE = Choice(
    name="guarantee",
    label=_l("Guarantee"),
    among=GUARANTEE_WORDS,
    required=_l("Choose the guarantee."),
)
_VALID_UNTIL = Day(
    name="valid_until",
    label=_l("Valid until (included)"),
    hint=_l("The last day on which the line may be used."),
    required=_l("Write until when it is valid."),
)
_COMMENT = Text(name="comment", label=_l("A word to the enterprise (optional)"), rows=2)

APPROVE_LOAN = Act(
    name="approve_loan",
    open_in=AT_THE_BANK,
    applies=asks_in_parallel,
    permission=Permission.LOAN_ANSWER,
    fields=(
        Money(
            name="line_fen",
            label=_l("Line (yuan)"),
            required=_l("Write a sum of money in yuan, such as 3000000."),
            about="the line, in fen",
        ),
        Number(
            name="rate_bp",
            label=_l("Rate: basis points from the LPR"),
            hint=_l("50 is LPR + 0.5 %, −20 is LPR − 0.2 %."),
            least=-LARGEST_RATE,
            most=LARGEST_RATE,
            suggested=50,
            required=_l("Write the rate in basis points from the LPR."),
            about="the rate, in basis points from the loan prime rate",
        ),
        _MONTHS,
        _GUARANTEE,
        _VALID_UNTIL,
        Flag(name="revolving", label=_l("Revolving: what is repaid may be drawn again")),
        _COMMENT,
    ),
    button=_l("Approve"),
    place=Place.ELSEWHERE,
    is_primary=True,
    done=_l("Approved. You hear when the enterprise accepts."),
    then=to_offer,
    kind=EntryKind.LOAN_APPROVED,
    timeline=_approved,
    event=LoanAnswered,
    notice=_l("An institution has answered your loan request. Read and compare."),
    service=approve_line,
)
APPROVE_SHARE = Act(
    name="approve_share",
    open_in=AT_THE_BANK,
    applies=asks_in_parallel,
    permission=Permission.LOAN_ANSWER,
    fields=(
        Number(
            name="share_percent",
            label=_l("Share of the risk (percent)"),
            least=1,
            most=100,
            suggested=60,
            required=_l("Write the share in percent."),
            about="the share of the risk that is guaranteed, in percent",
        ),
        _MONTHS,
        _GUARANTEE,
        _VALID_UNTIL,
        _COMMENT,
    ),
    button=_l("Guarantee"),
    place=Place.ELSEWHERE,
    is_primary=True,
    done=_l("Approved. You hear when the enterprise accepts."),
    then=to_offer,
    kind=EntryKind.LOAN_GUARANTEED,
    timeline=_guaranteed,
    event=LoanAnswered,
    notice=_l("An institution has answered your loan request. Read and compare."),
    service=approve_share,
)
REFUSE_LOAN = Act(
    name="refuse_loan",
    open_in=AT_THE_BANK,
    applies=asks_in_parallel,
    permission=Permission.LOAN_ANSWER,
    fields=(
        Choice(
            name="reason_code",
            label=_l("Reason"),
            among=REFUSALS,
            required=_l("Choose a reason."),
        ),
        Text(
            name="comment",
            label=_l("In plain words, to the enterprise"),
            required=_l("Explain the reason to the enterprise in a sentence."),
        ),
    ),
    button=_l("Refuse"),
    intro=_l("The enterprise reads reason and words. You read nothing more of the request."),
    place=Place.ELSEWHERE,
    is_final=True,
    done=_l("Refused. The enterprise has been told."),
    then=to_desk,
    kind=EntryKind.LOAN_REFUSED,
    timeline=_refused,
    event=LoanAnswered,
    notice=_l("An institution has answered your loan request. Read and compare."),
    service=refuse_request,
)
WITHDRAW_ANSWER = Act(
    name="withdraw_answer",
    open_in=WITH_ANSWERS,
    applies=asks_in_parallel,
    permission=Permission.LOAN_ANSWER,
    fields=(
        Text(
            name="comment",
            label=_l("In plain words, to the enterprise"),
            required=_l("Explain the reason to the enterprise in a sentence."),
        ),
    ),
    button=_l("Withdraw"),
    intro=_l("The enterprise reads why. You read nothing more of the request."),
    place=Place.ELSEWHERE,
    is_final=True,
    done=_l("Withdrawn. The enterprise has been told."),
    then=to_desk,
    kind=EntryKind.LOAN_WITHDRAWN,
    timeline=_withdrawn,
    event=LoanAnswered,
    notice=_l("An institution has answered your loan request. Read and compare."),
    service=withdraw_answer,
)

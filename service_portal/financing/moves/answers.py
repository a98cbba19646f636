"""What the enterprise and the station do with the institutions that are asked."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.events.catalog import LoanAccepted, LoanStopped
from service_portal.financing.accepting import accept_answer
from service_portal.financing.asking import ask_banks
from service_portal.financing.ending import stop_waiting, take_back
from service_portal.financing.moves.places import WITH_ANSWERS, on_answers, to_answers, to_talk
from service_portal.financing.queries import answers_of, asks_in_parallel
from service_portal.financing.rules import LIVE
from service_portal.financing.talking import write_to
from service_portal.tickets.codes import EntryKind, Purpose
from service_portal.tickets.moves.declaration import Act, Context, Place
from service_portal.tickets.moves.fields import Files, Flag, Options, Row, Text
from service_portal.tickets.moves.sentences import Entry
from service_portal.tickets.rules import OPEN, Status
from service_portal.web.formatting import localized
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _institutions(on: Context) -> Options:
    return tuple(
        (str(row.LoanAnswer.institution_id), localized(row, "institution"))
        for row in answers_of(on.ticket.id)
        if row.LoanAnswer.state in LIVE
    )


_INSTITUTION = Row(
    name="institution_id",
    label=_l("Institution"),
    among=_institutions,
    required_by_api=True,
    about="the institution whose answer it is about",
)


def _asked(entry: Entry) -> str:
    return _("asked %(institution)s", institution=entry.name("institution"))


def _accepted(entry: Entry) -> str:
    return _("accepted the answer of %(institution)s", institution=entry.name("institution"))


def _taken_back(entry: Entry) -> str:
    return _(
        "took request and consent back from %(institution)s",
        institution=entry.name("institution"),
    )


def _stopped(entry: Entry) -> str:
    return _("stopped waiting for %(institution)s", institution=entry.name("institution"))


ASK_BANKS = Act(
    name="ask_banks",
    path="choose-banks",
    open_in=OPEN - {Status.ANSWERED, Status.DISPATCHED},
    applies=asks_in_parallel,
    permission=Permission.LOAN_ASK,
    button=_l("Choose banks"),
    position=15,
    is_primary=lambda on: not _institutions(on),
    own_page=True,
    then=to_answers,
    kind=EntryKind.LOAN_ASKED,
    timeline=_asked,
    service=ask_banks,
)
ACCEPT_ANSWER = Act(
    name="accept_answer",
    open_in=WITH_ANSWERS,
    applies=asks_in_parallel,
    permission=Permission.LOAN_ACCEPT,
    fields=(
        _INSTITUTION,
        Flag(name="enough", label=_l("This is enough: wait for nobody else")),
    ),
    button=_l("Accept this answer"),
    place=Place.ELSEWHERE,
    made_on=on_answers,
    is_primary=True,
    done=_l("Accepted. The institution has been told and gets in touch with you."),
    then=to_answers,
    kind=EntryKind.LOAN_ACCEPTED,
    timeline=_accepted,
    event=LoanAccepted,
    notice=_l("The enterprise has accepted an answer to its loan request."),
    service=accept_answer,
)
TAKE_BACK = Act(
    name="take_back",
    open_in=OPEN | {Status.CLOSED, Status.ARCHIVED},
    applies=asks_in_parallel,
    permission=Permission.LOAN_ASK,
    fields=(_INSTITUTION,),
    button=_l("Take back"),
    intro=_l(
        "Your consent ends, and the institution reads nothing more of your request. Its own books"
        " keep what it has booked under your name: that you asked, its answer, lines and payments."
        " You can ask it again."
    ),
    place=Place.ELSEWHERE,
    made_on=on_answers,
    is_final=True,
    done=_l("Taken back. The institution reads nothing more."),
    then=to_answers,
    kind=EntryKind.LOAN_TAKEN_BACK,
    timeline=_taken_back,
    service=take_back,
)
STOP_WAITING = Act(
    name="stop_waiting",
    open_in=OPEN,
    applies=asks_in_parallel,
    permission=Permission.LOAN_FOLLOW,
    fields=(_INSTITUTION,),
    button=_l("Stop waiting"),
    intro=_l("The institution reads nothing more of the request, and nobody waits for it."),
    place=Place.ELSEWHERE,
    made_on=on_answers,
    is_final=True,
    done=_l("Nobody waits for this institution any more."),
    then=to_answers,
    kind=EntryKind.LOAN_STOPPED,
    timeline=_stopped,
    event=LoanStopped,
    notice=_l(
        "Your station waits no longer for an institution that you had asked. Others may still"
        " answer, and you can ask more."
    ),
    service=stop_waiting,
)
WRITE_TO_BANK = Act(
    name="write_to_bank",
    open_in=OPEN | {Status.CLOSED},
    applies=asks_in_parallel,
    permission=Permission.LOAN_TALK,
    fields=(
        Row(
            name="institution_id",
            label=_l("Institution"),
            among=_institutions,
            about="the institution that is written to; an institution itself need not say it",
        ),
        Text(name="body", label=_l("Message"), required_by_api=True),
    ),
    files=Files(name="attachment_ids", label=_l("Files"), purpose=Purpose.MESSAGE),
    button=_l("Send"),
    place=Place.ELSEWHERE,
    made_on=on_answers,
    done=_l("Sent."),
    then=to_talk,
    service=write_to,
)

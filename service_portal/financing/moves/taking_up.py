"""Take up and examine: a bank begins with a request."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.financing.answering import examine_request, take_up_request
from service_portal.financing.moves.places import AT_THE_BANK, to_offer
from service_portal.financing.queries import asks_in_parallel
from service_portal.tickets.codes import EntryKind
from service_portal.tickets.moves.declaration import Act, Place
from service_portal.tickets.moves.sentences import Entry
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _taken_up(entry: Entry) -> str:
    return _("%(institution)s is in contact", institution=entry.name("institution"))


def _examined(entry: Entry) -> str:
    return _("%(institution)s began its due diligence", institution=entry.name("institution"))


TAKE_UP_LOAN = Act(
    name="take_up_loan",
    open_in=AT_THE_BANK,
    applies=asks_in_parallel,
    permission=Permission.LOAN_ANSWER,
    button=_l("We are in contact"),
    place=Place.ELSEWHERE,
    is_primary=True,
    done=_l("Noted. Your decision is due now."),
    then=to_offer,
    kind=EntryKind.LOAN_TAKEN_UP,
    timeline=_taken_up,
    service=take_up_request,
)
EXAMINE_LOAN = Act(
    name="examine_loan",
    open_in=AT_THE_BANK,
    applies=asks_in_parallel,
    permission=Permission.LOAN_ANSWER,
    button=_l("Begin due diligence"),
    place=Place.ELSEWHERE,
    done=_l("Noted: due diligence has begun."),
    then=to_offer,
    kind=EntryKind.LOAN_EXAMINED,
    timeline=_examined,
    service=examine_request,
)

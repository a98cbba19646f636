"""Withdraw an offer: the station no longer waits for the answer of the institution it has asked."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.assigning.coming_back import withdraw_offer
from service_portal.assigning.moves.next_one import ASK_NEXT, asks_next
from service_portal.events.catalog import OfferWithdrawn
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import SHORT_LENGTH, Text
from service_portal.tickets.moves.leading import back_to
from service_portal.tickets.moves.sentences import Entry
from service_portal.tickets.rules import Move, Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _said(entry: Entry) -> str:
    said = _("withdrew the offer to %(institution)s", institution=entry.name("institution"))
    return " – ".join(filter(None, [said, entry.text("reason"), asks_next(entry)]))


WITHDRAW_OFFER = Act(
    name="withdraw_offer",
    move=Move.WITHDRAW_OFFER,
    leads={Status.DISPATCHED: Status.ACCEPTED},
    permission=Permission.OFFER_WITHDRAW,
    fields=(
        Text(
            name="reason",
            label=_l("Why (your colleagues and the institution read it)"),
            most=SHORT_LENGTH,
            about="why; the institution reads it, the enterprise does not",
            rows=2,
        ),
        ASK_NEXT,
    ),
    button=_l("Withdraw the offer"),
    position=25,
    done=_l("Withdrawn. Offer it to another institution, or start work."),
    done_before=_l("The offer is not open any more."),
    then=back_to(board="assigning.board"),
    timeline=_said,
    event=OfferWithdrawn,
    notice=_l("The offer was withdrawn before it was answered."),
    service=withdraw_offer,
)

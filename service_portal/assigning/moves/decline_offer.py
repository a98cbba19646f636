"""Decline an offer: the next institution is asked; done on the offer's page."""

from __future__ import annotations

from datetime import datetime

from service_portal.access.actor import Actor, Role
from service_portal.access.permissions import Permission
from service_portal.assigning.answering import decline_offer
from service_portal.assigning.moves.offered import open_offer_of
from service_portal.events.catalog import OfferDeclined
from service_portal.tickets.choices import DECLINES
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.declaration import Act, Place
from service_portal.tickets.moves.fields import SHORT_LENGTH, Choice, Text
from service_portal.tickets.moves.sentences import Entry
from service_portal.tickets.rules import Move, Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _decline(
    *, actor: Actor, ticket_id: int, reason_code: str, comment: str, now: datetime
) -> Ticket:
    return decline_offer(
        actor=actor,
        offer_id=open_offer_of(ticket_id, actor),
        reason_code=reason_code,
        comment=comment,
        now=now,
    )


def _said(entry: Entry) -> str:
    reason = entry.words("reason", DECLINES).lower() or _("no answer in time")
    why = " – ".join(filter(None, [reason, entry.text("comment")]))
    institution = entry.name("institution")
    if entry.role == Role.SYSTEM:
        return _("not taken by %(institution)s: %(reason)s", institution=institution, reason=why)
    return _("did not take it for %(institution)s: %(reason)s", institution=institution, reason=why)


DECLINE_OFFER = Act(
    name="decline_offer",
    address="/offers/<int:offer_id>/decline",
    move=Move.BOUNCE,
    leads={Status.DISPATCHED: Status.ACCEPTED},
    permission=Permission.OFFER_ANSWER,
    fields=(
        Choice(
            name="reason_code",
            label=_l("Reason"),
            among=DECLINES,
            required=_l("Choose a reason for declining."),
        ),
        Text(
            name="comment",
            label=_l("A word to the station"),
            most=SHORT_LENGTH,
            about="a word on it",
            rows=1,
        ),
    ),
    button=_l("Decline the case"),
    place=Place.ELSEWHERE,
    is_final=True,
    timeline=_said,
    event=OfferDeclined,
    notice=_l("An institution declined; the next one is being asked."),
    service=_decline,
)

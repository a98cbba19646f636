"""Offer: a person chooses the institution of the pool that is asked to take a case."""

from __future__ import annotations

from service_portal.access.permissions import Permission
from service_portal.assigning.offerable import Offerable, institutions_by_case
from service_portal.assigning.offering_by_hand import offer_to
from service_portal.events.catalog import OfferMade
from service_portal.tickets.codes import DeliveredBy
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.declaration import Act, Context
from service_portal.tickets.moves.fields import SHORT_LENGTH, Flag, Options, Row, Text
from service_portal.tickets.moves.leading import back_to
from service_portal.tickets.moves.sentences import Entry
from service_portal.tickets.rules import Move, Status
from service_portal.tickets.standing import is_new_for_pool
from service_portal.web.formatting import localized
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _institutions(on: Context) -> Options:
    able = institutions_by_case([on.ticket])[on.ticket.id]
    return tuple((str(one.id), _named(one)) for one in able)


def _named(one: Offerable) -> str:
    name = localized(one)
    return _("%(name)s (the enterprise prefers it)", name=name) if one.is_preferred else name


def _is_for_the_pool(ticket: Ticket) -> bool:
    return ticket.delivered_by != DeliveredBy.STATION


def _said(entry: Entry) -> str:
    said = _("offered to %(institution)s", institution=entry.name("institution"))
    return said + entry.for_staff("reason")


OFFER = Act(
    name="offer",
    move=Move.DISPATCH,
    leads={Status.ACCEPTED: Status.DISPATCHED},
    applies=_is_for_the_pool,
    permission=Permission.TICKET_WORK,
    fields=(
        Row(
            name="institution_id",
            label=_l("Institution"),
            among=_institutions,
            required_by_api=True,
        ),
        Flag(
            name="agreed",
            label=_l("I have asked: the enterprise agrees that the institution reads its request"),
            when=lambda on: not on.ticket.consent,
            about=(
                "the enterprise, which had not consented when it filed, has agreed since that an"
                " institution reads its request"
            ),
        ),
        Text(
            name="reason",
            label=_l("Why this one"),
            most=SHORT_LENGTH,
            required=_l("Say why; your colleagues read it."),
            required_by_api=False,
            about="why this institution",
            rows=2,
        ),
    ),
    button=_l("Offer to an institution"),
    position=20,
    is_primary=lambda on: not is_new_for_pool(on.ticket),
    then=back_to(board="assigning.board"),
    done=_l("Offered. You hear when they answer."),
    done_before=_l("The pool has asked an institution meanwhile; you hear when it answers."),
    timeline=_said,
    event=OfferMade,
    notice=_l("A case is offered to you. Accept or decline it in time."),
    service=offer_to,
)

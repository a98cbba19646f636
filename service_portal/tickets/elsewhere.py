"""Says what became of a ticket that is not, or no longer, this person's to see.

Only to those who had a part in it, or who may open it in another of their own roles. To everybody
else a foreign ticket goes on looking like a missing one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import current_app, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from service_portal.access.actor import Actor
from service_portal.access.policy import can, may
from service_portal.accounts.queries import HeldMembership, actor_from
from service_portal.folders import address_about, page_about
from service_portal.kernel.db import db
from service_portal.kernel.errors import Forbidden, Refused
from service_portal.tickets.choices import TAKE_BACKS
from service_portal.tickets.codes import LIVE_OFFERS, OfferState
from service_portal.tickets.models import Attachment, Offer, Ticket
from service_portal.tickets.queries import facts_of
from service_portal.web.errors import error_page, refusal_page
from service_portal.web.formatting import joined, when
from service_portal.web.guards import permission_here
from service_portal.web.translations import gettext as _


def explain(error: Refused) -> tuple[Any, int]:
    """Answer a refusal with what happened instead, or with the role in which the page opens."""
    db.session.rollback()
    actor: Actor | None = g.get("actor")
    ticket = _ticket_asked_for() if actor is not None else None
    role = _other_role(actor, ticket, error) if actor is not None else None
    if role is not None:
        sentence = _("You may open this, but not in the role you act in now.")
        target = request.full_path.rstrip("?") if request.method == "GET" else _page_of(ticket)
        return error_page(
            error.status, sentence, heading=_("In another of your roles"), switch=(role, target)
        )
    if error.status == 404:
        is_known = actor is not None and ticket is not None and _is_asked_by_its_own(actor)
        happened = _what_happened(actor, ticket) if actor and ticket and is_known else ""
        return error_page(
            404, happened or None, heading=_("No longer with you") if happened else None
        )
    return refusal_page(error)


def _ticket_asked_for() -> Ticket | None:
    about = request.view_args or {}
    ticket_id = about.get("ticket_id")
    offer_id = about.get("offer_id", about.get("loan_offer_id"))
    if ticket_id is None and offer_id is not None:
        ticket_id = db.session.scalar(sa.select(Offer.ticket_id).where(Offer.id == offer_id))
    if ticket_id is None and "attachment_id" in about:
        file = sa.select(Attachment.ticket_id).where(Attachment.id == about["attachment_id"])
        ticket_id = db.session.scalar(file)
    return None if ticket_id is None else db.session.get(Ticket, ticket_id)


def _is_asked_by_its_own(actor: Actor) -> bool:
    """Say whether the address names a ticket, or an offer to the actor's institution.

    Files and the offers of others are numbered, too: what is said of them would tell that they are
    there.
    """
    about = request.view_args or {}
    offer_id = about.get("offer_id", about.get("loan_offer_id"))
    if offer_id is None:
        return "ticket_id" in about
    mine = sa.select(Offer.id).where(
        Offer.id == offer_id, Offer.institution_id == actor.institution_id
    )
    return db.session.scalar(mine) is not None


def _other_role(actor: Actor, ticket: Ticket | None, error: Refused) -> HeldMembership | None:
    """Give the role of the same person in which this request would have been answered."""
    others: list[HeldMembership] = [
        role for role in g.get("memberships") or () if role.id != actor.membership_id
    ]
    needed = permission_here()
    if not others or needed is None:
        return None
    for role in others:
        as_other = actor_from(current_user, role)
        if ticket is not None and can(as_other, needed, facts_of(ticket)):
            return role
        whole_page = ticket is None and isinstance(error, Forbidden) and not may(actor, needed)
        if whole_page and may(as_other, needed):
            return role
    return None


def _page_of(ticket: Ticket | None) -> str:
    return url_for("tickets.show_ticket", ticket_id=ticket.id) if ticket is not None else "/"


def _what_happened(actor: Actor, ticket: Ticket) -> str:
    return _of_offer(ticket.id, actor.institution_id) if actor.institution_id is not None else ""


def _of_offer(ticket_id: int, institution_id: int) -> str:
    mine = sa.and_(Offer.ticket_id == ticket_id, Offer.institution_id == institution_id)
    ended = sa.select(Offer).where(mine, Offer.state.not_in(LIVE_OFFERS)).order_by(Offer.id.desc())
    offer = db.session.scalars(ended.limit(1)).first()
    if offer is None:
        return ""
    at = when(offer.ended_at or offer.answered_at)
    if offer.in_parallel and offer.state != OfferState.DECLINED:
        return _of_parallel(offer, at)
    said = {
        "declined": lambda: _(
            "Your institution declined this case (%(when)s). It goes on without you.", when=at
        ),
        "expired": lambda: _(
            "Your institution did not answer this offer in time (%(when)s), so the next one was"
            " asked.",
            when=at,
        ),
        "withdrawn": lambda: _(
            "This offer was withdrawn (%(when)s) before your institution answered.", when=at
        ),
        "taken_back": lambda: _(
            "The station took this case back (%(when)s) and goes on with it. What you delivered"
            " stays counted.",
            when=at,
        ),
        "given_back": lambda: _(
            "Your institution gave this case back (%(when)s). What you delivered stays counted.",
            when=at,
        ),
    }
    return joined([said[offer.state](), *_why(offer)])


def _of_parallel(offer: Offer, at: str) -> str:
    if offer.state == OfferState.EXPIRED:
        return _("The time of this request is over (%(when)s).", when=at)
    return _(
        "This request ended for your institution (%(when)s): the enterprise, its station or your"
        " institution withdrew it. You read nothing more of it.",
        when=at,
    )


def _why(offer: Offer) -> list[str]:
    """Give the words in which the station says why an offer ended."""
    told = TAKE_BACKS.get(offer.reason_code or "")
    why = " – ".join(filter(None, [str(told) if told else "", offer.comment]))
    is_stations = offer.state in {OfferState.WITHDRAWN, OfferState.TAKEN_BACK}
    return [_("Why: %(why)s", why=why)] if why and is_stations else []


def offer_page(offer: dict[str, int]) -> str | Response:
    """Lead to the page of an offer; an act that was refused is answered with that page itself."""
    page = page_about(offer)
    if page is not None and "refused" in g:
        show: Callable[..., Any] = current_app.view_functions[page[0]]
        shown: str = show(**page[1])
        return shown
    return redirect(address_about(offer))

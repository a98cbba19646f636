"""Acts on a case by its page, and reads the form that comes back."""

from __future__ import annotations

import re

from flask import g

from service_portal.assigning.services import assign_waiting
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.routing.services import route_waiting
from service_portal.tickets.models import Ticket
from tests.factories.tickets import create_ticket, enterprise_actor
from tests.signing_in import SignedIn

PDF = b"%PDF-1.7 one page"
LONG = "“Every word” of this <took> an hour & more."
SHOWN = "“Every word” of this &lt;took&gt; an hour &amp; more."


def a_case(member: SignedIn, *acts: str, service: str = "POL-03") -> Ticket:
    """File a ticket, give it to the member and make some acts on it."""
    ticket = create_ticket(service, actor=enterprise_actor(), now=now())
    route_waiting(now=now())
    assign_waiting(now=now())
    assert (
        ticket.id
        and db.session.get_one(Ticket, ticket.id, populate_existing=True).owner_id
        == member.actor.member_id
    )
    db.session.commit()
    for act in acts:
        assert member.post(f"/tickets/{ticket.id}/{act}").status_code == 302
    return db.session.get_one(Ticket, ticket.id, populate_existing=True)


def now_acts(client: SignedIn) -> SignedIn:
    """Let the next request be this person's: requests of one test share a context, which remembers
    who came last.
    """
    g.pop("_login_user", None)
    return client


def form_of(page: str, act: str) -> str:
    """Cut one act's form out of a page, with the menu it lies in."""
    found = re.search(
        rf'(<details[^>]*>(?:(?!<details).)*?)?<form[^>]*action="/tickets/\d+/{act}".*?</form>',
        page,
        re.DOTALL,
    )
    assert found, act
    return found[0]

"""The one view behind every act of a ticket's page, and what its template needs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, NamedTuple

from flask import Blueprint, flash, g, redirect, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from service_portal.files.sent import has_files, sent_files
from service_portal.files.storing import Stored
from service_portal.kernel.clock import now
from service_portal.kernel.errors import Conflict
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.tickets.attachments import attach_all
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.declaration import Act, Context, Place
from service_portal.tickets.moves.registry import register
from service_portal.tickets.moves.web_forms import ActForm, Sent, form_of, sent_with
from service_portal.tickets.queries import see_ticket
from service_portal.web.guards import current_actor, requires
from service_portal.web.language import language
from service_portal.web.reading import takes_files

# The empty fields of acts, by language and whatever else they depend on.
_EMPTY: dict[Hashable, Markup] = {}
MOST_EMPTY = 500


def add_acts(blueprint: Blueprint, acts: Iterable[Act]) -> None:
    """Register the acts of a stage, with a route for each that has no page of its own."""
    for act in acts:
        register(act)
        if not act.own_page and not act.address:
            blueprint.add_url_rule(act.rule, act.name, view_of(act), methods=["POST"])


def view_of(act: Act) -> Callable[..., Response]:
    """Make the view of an act: read its form, do it, say so."""

    def do(ticket_id: int) -> Response:
        g.made_on = act.made_on(ticket_id) if act.made_on else None
        return _make(act, read_form(act), ticket_id)

    def do_with_files(ticket_id: int) -> Response:
        g.made_on = act.made_on(ticket_id) if act.made_on else None
        form = read_form(act)
        ticket = see_ticket(ticket_id, actor=current_actor(), permission=act.permission).ticket
        with sent_files() as kept:
            return _make(act, form, ticket_id, Sending(ticket, kept))

    view = takes_files(do_with_files) if act.files else do
    view.__name__, view.__doc__ = act.name, f"Do “{act.name}” to a ticket."
    return requires(act.permission)(view)


def read_form(act: Act) -> ActForm:
    """Read what was sent with an act; raises Refused when something is wrong with it."""
    form = form_of(act)()
    g.sent = Sent(act, form, files=act.files is not None and has_files())
    if not form.validate():
        raise form.first_error()
    return form


class Sending(NamedTuple):
    """Files that came with an act, and the ticket they belong to."""

    ticket: Ticket
    kept: list[Stored]


def _make(act: Act, form: ActForm, ticket_id: int, sending: Sending | None = None) -> Response:
    try:
        with unit_of_work():
            made = _serve(act, form, ticket_id, sending)
    except Conflict as conflict:
        if conflict.code != "illegal_move" or not _was_done_before(act, ticket_id):
            raise
        flash(str(act.done_before), "info")
        return redirect(url_for("tickets.show_ticket", ticket_id=ticket_id))
    return _answer(act, ticket_id, made, form)


def _serve(act: Act, form: ActForm, ticket_id: int, sending: Sending | None) -> Any:
    actor, at = current_actor(), now()
    values = {one.name: form[one.name].data for one in act.fields if not one.only_api}
    if act.files is not None and sending is not None:
        purpose = act.files.purpose
        ids = attach_all(sending.kept, sending.ticket, actor=actor, purpose=purpose, now=at)
        values[act.files.name] = ids
    return act.service(actor=actor, ticket_id=ticket_id, now=at, **values)


def _was_done_before(act: Act, ticket_id: int) -> bool:
    """Say whether somebody else has just made the move, where that is as good as making it."""
    if not str(act.done_before):
        return False
    return see_ticket(ticket_id, actor=current_actor()).ticket.status in act.leads.values()


def _answer(act: Act, ticket_id: int, made: Any, form: ActForm) -> Response:
    done = act.done(made, form.data) if callable(act.done) else str(act.done)
    in_conversation = act.place is Place.CONVERSATION
    if done:
        flash(done, "said" if in_conversation else "success")
    if act.then is not None:
        return redirect(act.then(ticket_id))
    address = url_for("tickets.show_ticket", ticket_id=ticket_id)
    return redirect(f"{address}#said" if in_conversation else address)


def act_fields(
    act: Act, on: Context, draw: Callable[[Act, Context, Sent | None], Markup]
) -> Markup:
    """Give the fields of an act's form, as they were sent when it was refused.

    What looks the same on many tickets is drawn once for them.
    """
    sent = sent_with(act)
    if sent is not None:
        return draw(act, on, sent)
    more = act.depends_on(on) if act.depends_on else None
    key = act, language(), tuple(one.depends_on(on) for one in act.fields), more
    known = _EMPTY.get(key)
    if known is None:
        if len(_EMPTY) >= MOST_EMPTY:
            _EMPTY.clear()
        known = _EMPTY[key] = draw(act, on, None)
    return known

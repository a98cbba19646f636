"""The ticket page and its files."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response

from service_portal.access.actor import ENTERPRISE_ROLES, INSTITUTION_ROLES, Role
from service_portal.access.permissions import Permission
from service_portal.catalogue import queries as catalogue
from service_portal.catalogue.words import describe_answers
from service_portal.files.handing_out import hand_out
from service_portal.files.room import taken_by
from service_portal.folders import pages_handling
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.errors import Forbidden, Missing
from service_portal.sla.queries import calendar_for
from service_portal.sla.words import due, due_brief
from service_portal.tickets.badges import badge, light, light_word
from service_portal.tickets.choices import DESK_WORDS
from service_portal.tickets.decisions import say_decision
from service_portal.tickets.elsewhere import explain, offer_page
from service_portal.tickets.file_rights import may_open
from service_portal.tickets.models import Attachment
from service_portal.tickets.moves.declaration import Context
from service_portal.tickets.moves.registry import moves, open_acts
from service_portal.tickets.moves.routes import act_fields
from service_portal.tickets.moves.web_forms import sent_with
from service_portal.tickets.page import MOST_LINES, named_in, read_page, talk_of
from service_portal.tickets.promises import pause_words, promise, share_used
from service_portal.tickets.queries import (
    Seen,
    linked_and_readable,
    linked_with,
    live_offer,
    see_ticket,
)
from service_portal.tickets.rules import ENDED, Status
from service_portal.tickets.standing import awaits_contact, lacks_consent, standing
from service_portal.tickets.timeline import entry_sentence, name_of
from service_portal.tickets.versions import versions_of
from service_portal.tickets.words import NOT_COUNTABLE_WORDS, STATUS_WORDS
from service_portal.web.guards import current_actor, requires

blueprint = Blueprint("tickets", __name__)

LISTS = ("/queue", "/my-cases", "/board", "/all-tickets", "/counts/lines", "/institution", "/home")


@blueprint.app_template_global()
def status_name(status: str) -> str:
    """Name a status in the reader's language."""
    return str(STATUS_WORDS[Status(status)])


for refusal in (Missing, Forbidden):
    blueprint.app_errorhandler(refusal)(explain)

for mark in (badge, light, light_word):
    blueprint.app_template_global()(mark)


blueprint.app_template_global("storage_taken_by")(taken_by)


for of_an_act in (act_fields, sent_with):
    blueprint.app_template_global()(of_an_act)


@blueprint.app_context_processor
def words() -> dict[str, Any]:
    """Give templates the deadlines in words, and the sentences of the timeline."""
    return {
        "due_words": lambda at: due(at, now(), calendar_for()[1]),
        "due_brief": lambda at: due_brief(at, now(), calendar_for()[1]),
        "pause_words": pause_words,
        "promised": promise,
        "entry_sentence": entry_sentence,
        "say_decision": say_decision,
        "name_of": name_of,
        "desk_words": DESK_WORDS,
        "not_countable_words": NOT_COUNTABLE_WORDS,
    }


def sees_internal(seen: Seen) -> bool:
    """Say whether notes and staff lines may be shown: to its station and the zone, nobody else."""
    return seen.can(Permission.TICKET_DECISIONS)


def _where_from() -> str | None:
    """Give the list the reader came from, with its filters, so that “back” leads there."""
    came = urlsplit(request.referrer or "")
    if came.netloc != request.host or came.path not in LISTS:
        return None
    return f"{came.path}?{came.query}" if came.query else came.path


@blueprint.get("/tickets/<int:ticket_id>")
@requires(Permission.TICKET_VIEW)
def show_ticket(ticket_id: int) -> str | Response:
    """Show everything about a ticket that the reader may know, and the next act.

    Of one that is merely offered to the reader's institution, its offer is the page.
    """
    actor, at = current_actor(), now()
    seen = see_ticket(ticket_id, actor=actor)
    if not seen.can(Permission.TICKET_CONVERSATION):
        return offer_page(live_offer(ticket_id, actor=actor))
    internal = sees_internal(seen)
    whole = "all" in request.args
    page = read_page(
        ticket_id,
        actor=actor,
        internal=internal,
        decisions=seen.can(Permission.TICKET_DECISIONS),
        whole=whole,
    )
    definition = catalogue.definition(seen.ticket.service_version_id)
    merged_into_id = seen.ticket.merged_into_id
    besides = (merged_into_id, *seen.ticket.linked_ids)
    linked = linked_and_readable(page.talk, actor=actor, besides=besides)
    for_enterprise = actor.role in ENTERPRISE_ROLES
    on = Context(seen, page.head, definition, at, page.clocks)
    is_ours = actor.station_id is not None and seen.can(Permission.TICKET_WORK)
    return render_template(
        "tickets/show_ticket.html",
        ticket=seen.ticket,
        seen=seen,
        page=page,
        definition=definition,
        at=at,
        here=url_for("tickets.show_ticket", ticket_id=ticket_id),
        acts=[act for act in open_acts(seen) if act.is_shown(on)],
        moves=moves(),
        on=on,
        answers=describe_answers(definition, seen.ticket.answers),
        handled_on=pages_handling(seen.ticket.answers) if is_ours else (),
        share=share_used,
        for_enterprise=for_enterprise,
        for_institution=actor.role in INSTITUTION_ROLES,
        hide_bodies=actor.role is Role.AUDITOR,
        names={**page.names, **linked},
        related=linked_with(seen.ticket, linked),
        may_open_merged=("ticket", merged_into_id) in linked,
        internal=internal,
        cut_at=None if whole else MOST_LINES,
        versions=versions_of(page.talk, seen.ticket, definition),
        standing=standing(seen.ticket, page.head, for_enterprise=for_enterprise),
        lacks_consent=not for_enterprise and lacks_consent(seen.ticket),
        awaits_contact=for_enterprise and awaits_contact(seen.ticket),
        lies_elsewhere=actor.station_id is not None and not is_ours,
        has_ended=seen.ticket.status in ENDED,
        back=_where_from(),
    )


@blueprint.get("/tickets/<int:ticket_id>/peek")
@requires(Permission.TICKET_DECISIONS)
def peek(ticket_id: int) -> str:
    """Give the gist of a ticket to staff beside their list."""
    seen, at = (
        see_ticket(ticket_id, actor=current_actor(), permission=Permission.TICKET_DECISIONS),
        now(),
    )
    definition = catalogue.definition(seen.ticket.service_version_id)
    page = read_page(ticket_id, actor=seen.actor, internal=True, decisions=True)
    return render_template(
        "tickets/peek.html",
        ticket=seen.ticket,
        seen=seen,
        page=page,
        definition=definition,
        internal=True,
        names={**page.names, **linked_and_readable(page.talk, actor=seen.actor)},
        versions=versions_of(page.talk, seen.ticket, definition),
        at=at,
        P=Permission,
        share=share_used,
        hide_bodies=seen.actor.role is Role.AUDITOR,
    )


@blueprint.get("/tickets/<int:ticket_id>/conversation")
@requires(Permission.TICKET_CONVERSATION)
def conversation(ticket_id: int) -> str:
    """Give the conversation alone, for a page that keeps itself up to date."""
    actor = current_actor()
    seen = see_ticket(ticket_id, actor=actor, permission=Permission.TICKET_CONVERSATION)
    internal = sees_internal(seen)
    whole = "all" in request.args
    talk = talk_of(ticket_id, actor=actor, internal=internal, whole=whole)
    definition = catalogue.definition(seen.ticket.service_version_id)
    return render_template(
        "tickets/conversation.html",
        ticket=seen.ticket,
        talk=talk,
        names={**named_in(talk), **linked_and_readable(talk, actor=seen.actor)},
        hide_bodies=seen.actor.role is Role.AUDITOR,
        internal=internal,
        cut_at=None if whole else MOST_LINES,
        versions=versions_of(talk, seen.ticket, definition),
    )


@blueprint.get("/attachments/<int:attachment_id>")
@requires(Permission.TICKET_CONVERSATION)
def attachment(attachment_id: int) -> Response:
    """Hand out a file to those who may open it; to others it looks as if it were not there.

    Always as a download, never to be run.
    """
    file, actor = db.session.get(Attachment, attachment_id), current_actor()
    if file is None or not may_open(file, actor=actor):
        raise Missing()
    return hand_out(file)

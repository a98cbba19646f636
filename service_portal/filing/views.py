"""The enterprise's pages: home, the request form with its draft, and what happens next.

Also filing on behalf at a station's desk.
"""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.catalogue import queries as catalogue
from service_portal.catalogue.forms import RequestForm, answers_of, request_form
from service_portal.catalogue.queries import CurrentService, definition
from service_portal.catalogue.rules import ServiceDefinition
from service_portal.filing import drafts, queries, rules, services
from service_portal.filing.moves import ACTS
from service_portal.filing.pacing import keep_pace
from service_portal.kernel.clock import now
from service_portal.kernel.errors import Conflict, Missing, Refused, TooMany
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.sla.queries import calendar_for
from service_portal.tickets.attachments import MOST_FILES, SIGNATURES, attach, storing
from service_portal.tickets.clocks import clocks_of
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.routes import add_acts
from service_portal.tickets.queries import see_ticket
from service_portal.tickets.rules import DESK_CHANNELS, WAITING_FOR_ENTERPRISE, Status
from service_portal.tickets.search import search_tokens
from service_portal.web.formatting import language
from service_portal.web.guards import current_actor, requires
from service_portal.web.paging import cut, decode
from service_portal.web.reading import LONG_FORM_BYTES, takes_files, takes_up_to
from service_portal.web.translations import LOCALES

blueprint = Blueprint("filing", __name__)
add_acts(blueprint, ACTS)

PAGE, OPEN_PAGE, ENTERPRISES = 20, 200, 20
FILE_ENDINGS = ",".join(f".{ending}" for ending in SIGNATURES)


@blueprint.get("/home")
@requires(Permission.TICKET_FILE)
def home() -> str:
    """Show what waits for the enterprise, what is in progress with whom, and what is done."""
    actor = current_actor()
    cursor = request.args.get("after")
    open_cursor = request.args.get("open")
    found = queries.open_tickets(actor, cursor=decode(open_cursor, int), size=OPEN_PAGE)
    opened = cut(found, OPEN_PAGE, lambda row: [row.id], open_cursor)
    rows = opened.rows
    done = cut(
        queries.done_tickets(actor, cursor=decode(cursor, int), size=PAGE),
        PAGE,
        lambda row: [row.id],
        cursor,
    )
    name = "filing/home_lists.html" if request.headers.get("X-Fragment") else "filing/home.html"
    return render_template(
        name,
        opened=opened,
        waiting=[row for row in rows if row.status in WAITING_FOR_ENTERPRISE],
        done=done,
        running=[row for row in rows if row.status not in WAITING_FOR_ENTERPRISE],
        drafts=queries.drafts_of(actor),
        services=catalogue.services(),
        categories=catalogue.categories(),
        calendar=calendar_for()[1],
        Status=Status,
        at=now(),
    )


def _service(code: str) -> CurrentService:
    service = catalogue.get_service(code)
    if service is None or not service.active:
        raise Missing()
    return service


def _enterprise_id() -> int:
    """Say for whom the form is: one's own enterprise, or the one chosen at the desk."""
    actor = current_actor()
    if services.files_for_itself(actor):
        assert actor.enterprise_id is not None
        return actor.enterprise_id
    chosen = request.values.get("enterprise_id", type=int)
    if not may(actor, Permission.TICKET_FILE_ON_BEHALF) or chosen is None:
        raise Missing()
    return queries.enterprise_facts(chosen).id


def request_of(definition: ServiceDefinition, form: RequestForm) -> services.Request:
    """Make the request a valid form says."""
    return services.Request(
        title=form.title.data or "",
        description=form.description.data or "",
        contact_name=form.contact_name.data or "",
        contact_phone=form.contact_phone.data or "",
        urgent=bool(form.urgent.data),
        answers=answers_of(definition, form),
        consent=bool(form.consent.data),
    )


@blueprint.route("/tickets/new/<service_code>", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_OWN)
@takes_files
def new_ticket(
    service_code: str,
) -> str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Show the form of a service and file it.

    Files that were uploaded stay with the draft when something else is wrong.
    """
    service, actor, at = _service(service_code), current_actor(), now()
    if not may(actor, Permission.TICKET_FILE) and not may(actor, Permission.TICKET_FILE_ON_BEHALF):
        raise Missing()
    if not services.files_for_itself(actor) and request.values.get("enterprise_id") is None:
        return redirect(url_for("filing.on_behalf", service_code=service.code))
    enterprise_id = _enterprise_id()
    enterprise = queries.enterprise_facts(enterprise_id)
    form_class = request_form(service.definition, language())
    if request.method == "GET":
        kept = queries.draft_of(actor, enterprise_id, service.code)
        values = MultiDict(
            (key, v)
            for key, vs in (
                kept.values if kept else drafts.first_values(actor, phone=current_user.phone)
            ).items()
            for v in (vs if isinstance(vs, list) else [vs])
        )
        form = form_class(
            formdata=values if kept else None,
            data=None if kept else dict(values),
            meta={"csrf": False},
        )
        return _form_page(service, form, enterprise, draft=kept, restored=kept is not None)
    form, draft = form_class(), partial(queries.draft_of, actor, enterprise_id, service.code)
    problems = drafts.take_files(
        request.files.getlist("files"),
        actor=actor,
        enterprise_id=enterprise_id,
        service_code=service.code,
        form=request.form,
        now=at,
    )
    if {"later", "switch", "drop"} & set(request.form):
        return _set_aside(service, form, enterprise, problems)
    if not form.validate() or problems:
        return _form_page(service, form, enterprise, draft=draft(), problems=problems), 422
    wanted = request_of(service.definition, form)
    key = f"web-{request.form.get('once', '')}"[:128]
    if not request.form.get("anyway"):
        tokens = search_tokens(wanted.title, wanted.description)
        earlier = queries.earlier_tickets(enterprise_id, service.code, at, actor=actor)
        alike = rules.warned_of(tokens, earlier, of_the_enterprise=services.files_for_itself(actor))
        # What is alike may be this very form, sent twice; then it is given again.
        if alike is not None and services.sent_before(actor=actor, key=key) is None:
            return _form_page(service, form, enterprise, draft=draft(), alike=alike), 409
    said = {
        "service": service.code,
        "enterprise": enterprise_id,
        "request": {name: getattr(wanted, name) for name in wanted.__slots__},
    }
    idempotency = (key, rules.request_hash(said)) if len(key) >= 12 else None
    own = services.files_for_itself(actor)
    channel = (
        "web"
        if own
        else (
            request.form.get("channel") if request.form.get("channel") in DESK_CHANNELS else "desk"
        )
    )
    try:
        keep_pace(actor=actor, enterprise_id=enterprise_id, now=at)
        with unit_of_work():
            filed = services.file_ticket(
                wanted,
                actor=actor,
                enterprise_id=enterprise_id,
                service=service,
                channel=channel or "desk",
                now=at,
                idempotency=idempotency,
            )
            if not filed.repeated:
                drafts.hand_over(
                    filed.ticket_id,
                    actor=actor,
                    enterprise_id=enterprise_id,
                    service_code=service.code,
                )
    except TooMany as too_many:
        page = _form_page(
            service, form, enterprise, draft=draft(), problems=[str(too_many.message)]
        )
        return page, 429, {"Retry-After": str(too_many.retry_after)}
    except Conflict:
        # The same open form sent twice, changed in between: from the browser's history, or from a
        # page left open.
        return (
            _form_page(
                service,
                form,
                enterprise,
                draft=draft(),
                sent=services.sent_before(actor=actor, key=key),
            ),
            409,
        )
    return redirect(
        url_for("filing.filed", ticket_id=filed.ticket_id)
        if own
        else url_for("tickets.show_ticket", ticket_id=filed.ticket_id)
    )


def _set_aside(
    service: CurrentService,
    form: RequestForm,
    enterprise: queries.EnterpriseFacts,
    problems: list[str],
) -> str | Response | tuple[str, int]:
    """Keep a form that is not sent yet, to go on with it later."""
    actor, said = current_actor(), request.form
    with unit_of_work():
        drafts.keep(
            actor=actor,
            enterprise_id=enterprise.id,
            service_code=service.code,
            form=said,
            now=now(),
        )
        if said.get("drop", "").isdigit():
            drafts.drop_file(
                int(said["drop"]),
                actor=actor,
                enterprise_id=enterprise.id,
                service_code=service.code,
            )
    if problems:
        return (
            _form_page(
                service,
                form,
                enterprise,
                draft=queries.draft_of(actor, enterprise.id, service.code),
                problems=problems,
            ),
            422,
        )
    if said.get("switch") in LOCALES:
        return redirect(url_for("accounts.choose_language", code=said["switch"]), code=307)
    own = services.files_for_itself(actor)
    if "later" in said and own:
        flash(_("Kept as a draft. You find it here under “Not sent yet”."), "success")
        return redirect(url_for("filing.home"))
    if "later" in said:
        flash(_("Kept as a draft."), "success")
    return redirect(
        url_for(
            "filing.new_ticket",
            service_code=service.code,
            enterprise_id=None if own else enterprise.id,
            _anchor="files" if "drop" in said else None,
        )
    )


def _form_page(
    service: CurrentService,
    form: RequestForm,
    enterprise: queries.EnterpriseFacts,
    *,
    draft: Any,
    restored: bool = False,
    problems: list[str] | None = None,
    alike: Any = None,
    sent: services.Filed | None = None,
) -> str:
    return render_template(
        "filing/new_ticket.html",
        service=service,
        definition=service.definition,
        form=form,
        enterprise=enterprise,
        draft=draft,
        files=queries.draft_files(draft.id) if draft else [],
        restored=restored,
        problems=problems or [],
        alike=alike,
        sent=sent,
        droppable=True,
        file_endings=FILE_ENDINGS,
        once=(not sent and request.form.get("once")) or secrets.token_urlsafe(16),
        on_behalf=not services.files_for_itself(current_actor()),
        channels=DESK_CHANNELS,
    )


@blueprint.post("/drafts/<service_code>")
@requires(Permission.ACCOUNT_OWN)
@takes_up_to(LONG_FORM_BYTES)
def save_draft(service_code: str) -> tuple[str, int]:
    """Keep what has been typed so far and say when."""
    at = now()
    with unit_of_work():
        drafts.keep(
            actor=current_actor(),
            enterprise_id=_enterprise_id(),
            service_code=_service(service_code).code,
            form=request.form,
            now=at,
        )
    return render_template("filing/saved.html", at=at), 200


@blueprint.post("/drafts/<service_code>/discard")
@requires(Permission.ACCOUNT_OWN)
def discard_draft(service_code: str) -> Response:
    """Throw a draft and its files away."""
    enterprise_id = _enterprise_id()
    with unit_of_work():
        drafts.discard(
            actor=current_actor(),
            enterprise_id=enterprise_id,
            service_code=_service(service_code).code,
        )
    flash(_("The draft is gone."), "info")
    if services.files_for_itself(current_actor()):
        return redirect(url_for("filing.new_ticket", service_code=service_code))
    return redirect(
        url_for("filing.new_ticket", service_code=service_code, enterprise_id=enterprise_id)
    )


@blueprint.get("/tickets/<int:ticket_id>/filed")
@requires(Permission.TICKET_FILE)
def filed(ticket_id: int) -> str:
    """Confirm a filed request: its reference, the promised dates and what happens next."""
    seen = see_ticket(ticket_id, actor=current_actor())
    clocks = {clock.kind: clock for clock in clocks_of(ticket_id)}
    return render_template(
        "filing/filed.html",
        ticket=seen.ticket,
        definition=definition(seen.ticket.service_version_id),
        clocks=clocks,
        calendar=calendar_for()[1],
        at=now(),
    )


@blueprint.get("/on-behalf")
@requires(Permission.TICKET_FILE_ON_BEHALF)
def on_behalf() -> str:
    """Find the enterprise, then the service, at the station's desk."""
    text = request.args.get("q", "").strip()[:100]
    chosen = request.args.get("enterprise_id", type=int)
    return render_template(
        "filing/on_behalf.html",
        q=text,
        found=queries.find_enterprises(text, size=ENTERPRISES) if text else [],
        most=ENTERPRISES,
        service_code=request.args.get("service_code", ""),
        enterprise=queries.enterprise_facts(chosen) if chosen else None,
        services=catalogue.active_services(),
        lately=[] if text or chosen else queries.filed_lately(current_actor()),
    )


@blueprint.route("/tickets/<int:ticket_id>/resubmit", methods=["GET", "POST"])
@requires(Permission.TICKET_RESUBMIT)
@takes_files
def resubmit(ticket_id: int) -> str | Response | tuple[str, int]:
    """Add what was missing to a returned request and send it again."""
    actor, at = current_actor(), now()
    seen = see_ticket(ticket_id, actor=actor, permission=Permission.TICKET_RESUBMIT)
    ticket = seen.ticket
    if ticket.status != Status.RETURNED:
        raise Refused(_("This request was not sent back to you; there is nothing to add."))
    said = definition(ticket.service_version_id)
    form_class = request_form(said, language())
    if request.method == "POST":
        form, problems = form_class(), []
        uploads = [upload for upload in request.files.getlist("files") if upload.filename]
        if len(uploads) > MOST_FILES:
            problems.append(_("At most %(n)d files can be attached.", n=MOST_FILES))
        else:
            for upload in uploads:
                try:
                    with storing(upload) as stored, unit_of_work():
                        attach(
                            stored,
                            actor=actor,
                            enterprise_id=ticket.enterprise_id,
                            purpose="request",
                            now=at,
                            ticket_id=ticket.id,
                        )
                except Refused as refusal:
                    problems.append(str(refusal.message))
        if form.validate() and not problems:
            with unit_of_work():
                services.resubmit_ticket(
                    actor=actor, ticket_id=ticket_id, request=request_of(said, form), now=at
                )
            flash(_("Sent again. We look at it next."), "success")
            return redirect(url_for("tickets.show_ticket", ticket_id=ticket_id))
        return _resubmit_page(ticket, form, said, problems), 422
    return _resubmit_page(
        ticket, form_class(data=drafts.values_of(ticket, said), meta={"csrf": False}), said, []
    )


def _resubmit_page(
    ticket: Ticket, form: RequestForm, said: ServiceDefinition, problems: list[str]
) -> str:
    return render_template(
        "filing/resubmit.html",
        ticket=ticket,
        form=form,
        definition=said,
        problems=problems,
        asked=queries.what_was_asked(ticket.id),
        sent_files=queries.request_files(ticket.id),
        file_endings=FILE_ENDINGS,
    )

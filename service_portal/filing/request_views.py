"""The page on which a request is written and filed, for oneself or at the desk."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.catalogue.queries import CurrentService
from service_portal.filing import drafts, queries, rules, services
from service_portal.filing.forms import FILE_ENDINGS, RequestForm, request_form, request_of
from service_portal.filing.pacing import keep_pace, take_pace_back
from service_portal.filing.pages import blueprint, chosen_enterprise_id, offered_service
from service_portal.filing.queries import EnterpriseFacts
from service_portal.folders import chosen_beside, page_going_on
from service_portal.kernel.clock import now
from service_portal.kernel.errors import Conflict, Missing, TooMany
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.tickets.asked import Request
from service_portal.tickets.models import Draft
from service_portal.tickets.rules import DESK_CHANNELS
from service_portal.tickets.search import search_tokens
from service_portal.web.guards import current_actor, requires
from service_portal.web.language import language
from service_portal.web.reading import takes_files
from service_portal.web.translations import LOCALES


@blueprint.route("/tickets/new/<service_code>", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_OWN)
@takes_files
def new_ticket(
    service_code: str,
) -> str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Show the form of a service and file it.

    Files that were uploaded stay with the draft when something else is wrong.
    """
    service, actor = offered_service(service_code), current_actor()
    if not may(actor, Permission.TICKET_FILE) and not may(actor, Permission.TICKET_FILE_ON_BEHALF):
        raise Missing()
    if not services.files_for_itself(actor) and request.values.get("enterprise_id") is None:
        return redirect(url_for("filing.on_behalf", service_code=service.code))
    enterprise = queries.enterprise_facts(chosen_enterprise_id())
    form_class = request_form(service.definition, language())
    if request.method == "GET":
        return _begun_page(service, enterprise, form_class)
    form = form_class()
    problems = drafts.take_files(
        request.files.getlist("files"),
        actor=actor,
        enterprise_id=enterprise.id,
        service_code=service.code,
        form=request.form,
        now=now(),
    )
    if {"later", "switch", "drop"} & set(request.form):
        return _set_aside(service, form, enterprise, problems)
    if not form.validate() or problems:
        return _page_again(service, form, enterprise, problems=problems), 422
    return _file(service, form, enterprise)


def _begun_page(
    service: CurrentService, enterprise: EnterpriseFacts, form_class: type[RequestForm]
) -> str:
    """Draw the form with what was kept of it, else with what is known of the person."""
    actor = current_actor()
    kept = queries.draft_of(actor, enterprise.id, service.code)
    known = kept.values if kept else drafts.first_values(actor, phone=current_user.phone)
    values = MultiDict(
        (name, value)
        for name, said in known.items()
        for value in (said if isinstance(said, list) else [said])
    )
    form = form_class(
        formdata=values if kept else None,
        data=None if kept else dict(values),
        meta={"csrf": False},
    )
    beside = chosen_beside(values) | chosen_beside(request.args)
    return _form_page(
        service, form, enterprise, draft=kept, restored=kept is not None, beside=beside
    )


def _set_aside(
    service: CurrentService,
    form: RequestForm,
    enterprise: EnterpriseFacts,
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
        return _page_again(service, form, enterprise, problems=problems), 422
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


def _file(
    service: CurrentService, form: RequestForm, enterprise: EnterpriseFacts
) -> Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """File a request whose form is right, unless it may be one that was filed before."""
    actor, at = current_actor(), now()
    wanted = request_of(service.definition, form)
    key = f"web-{request.form.get('once', '')}"[:128]
    alike = None if request.form.get("anyway") else _alike(wanted, service, enterprise, now=at)
    # What is alike may be this very form, sent twice; then it is given again.
    if alike is not None and services.sent_before(actor=actor, key=key) is None:
        return _page_again(service, form, enterprise, alike=alike), 409
    said = {
        "service": service.code,
        "enterprise": enterprise.id,
        "request": {name: getattr(wanted, name) for name in wanted.__slots__},
    }
    try:
        keep_pace(actor=actor, now=at)
        with unit_of_work():
            filed = services.file_ticket(
                wanted,
                actor=actor,
                enterprise_id=enterprise.id,
                service=service,
                channel=_channel(),
                now=at,
                idempotency=(key, rules.request_hash(said)) if len(key) >= 12 else None,
            )
            if not filed.repeated:
                drafts.hand_over(
                    filed.ticket_id,
                    actor=actor,
                    enterprise_id=enterprise.id,
                    service_code=service.code,
                )
        if filed.repeated:
            take_pace_back(actor=actor, now=at)
    except TooMany as too_many:
        page = _page_again(service, form, enterprise, problems=[str(too_many.message)])
        return page, 429, {"Retry-After": str(too_many.retry_after)}
    except Conflict:
        # The same open form sent twice, changed in between: from the browser's history, or from a
        # page left open.
        sent = services.sent_before(actor=actor, key=key)
        return _page_again(service, form, enterprise, sent=sent), 409
    return redirect(_page_after(filed))


def _page_after(filed: services.Filed) -> str:
    """Give the page to see once a request is filed: what happens next, or the step that goes on
    with what was chosen beside its form.
    """
    if not services.files_for_itself(current_actor()):
        return url_for("tickets.show_ticket", ticket_id=filed.ticket_id)
    going_on = page_going_on(chosen_beside(request.form), filed.ticket_id)
    if going_on is None:
        return url_for("filing.filed", ticket_id=filed.ticket_id)
    flash(
        _("We have your request, %(reference)s. One step is left.", reference=filed.reference),
        "success",
    )
    return going_on


def _alike(
    wanted: Request,
    service: CurrentService,
    enterprise: EnterpriseFacts,
    *,
    now: datetime,
) -> rules.Earlier | None:
    """Give the earlier ticket that a request is warned of, if any."""
    actor = current_actor()
    return rules.warned_of(
        search_tokens(wanted.title, wanted.description),
        queries.earlier_tickets(enterprise.id, service.code, now, actor=actor),
        of_the_enterprise=services.files_for_itself(actor),
    )


def _channel() -> str:
    """Say how a request came in: by its own enterprise's people, else as the desk says."""
    if services.files_for_itself(current_actor()):
        return "web"
    said = request.form.get("channel", "")
    return said if said in DESK_CHANNELS else "desk"


def _page_again(
    service: CurrentService,
    form: RequestForm,
    enterprise: EnterpriseFacts,
    **why: Any,
) -> str:
    """Draw a form that was sent and not filed, with what is kept of it."""
    draft = queries.draft_of(current_actor(), enterprise.id, service.code)
    return _form_page(service, form, enterprise, draft=draft, **why)


def _form_page(
    service: CurrentService,
    form: RequestForm,
    enterprise: EnterpriseFacts,
    *,
    draft: Draft | None,
    restored: bool = False,
    problems: list[str] | None = None,
    alike: rules.Earlier | None = None,
    sent: services.Filed | None = None,
    beside: dict[str, list[int]] | None = None,
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
        beside=chosen_beside(request.form) if beside is None else beside,
    )

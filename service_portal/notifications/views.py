"""The bell, and in a demo the folder of mails that would have been sent."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.kernel.clock import now
from service_portal.kernel.db import AnyRow
from service_portal.kernel.logs import log
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.notifications import services
from service_portal.notifications.holding import WHAT, decide, drop_held, send_held
from service_portal.notifications.queries import bell, unread_count
from service_portal.notifications.subjects import page_of
from service_portal.notifications.wording import detail, sentence
from service_portal.web.guards import current_actor, requires, signed_in_actor
from service_portal.web.mail import outbox_folder
from service_portal.web.paging import cut, decode

blueprint = Blueprint("notifications", __name__)

PAGE = 30
MAILS = 100
CHOICES: dict[str, tuple[Callable[[], int], Callable[[int], str]]] = {
    "send": (
        send_held,
        lambda count: ngettext(
            "%(num)d mail goes on its way.",
            "%(num)d mails go on their way.",
            count,
        ),
    ),
    "drop": (
        drop_held,
        lambda count: ngettext(
            "%(num)d mail was dropped.",
            "%(num)d mails were dropped.",
            count,
        ),
    ),
}


@blueprint.app_context_processor
def bell_count() -> dict[str, Any]:
    """Let every page show how many messages are unread; asked only when a template wants it."""
    return {
        "unread_count": _unread,
        "notification_sentence": sentence,
        "notification_detail": detail,
    }


def _unread() -> int:
    actor = signed_in_actor()
    return unread_count(actor) if actor else 0


@blueprint.get("/notifications")
@requires(Permission.NOTIFICATION_OWN)
def inbox() -> str:
    """List what the bell has said, newest first."""
    cursor = decode(request.args.get("after"), int)
    before_id = cursor[0] if cursor and isinstance(cursor[0], int) else None
    page = cut(
        bell(current_actor(), before_id=before_id, size=PAGE),
        PAGE,
        lambda row: [row.id],
        request.args.get("after"),
    )
    return render_template("notifications/inbox.html", page=page, address_of=_address)


def _address(row: AnyRow) -> str:
    endpoint, ids = page_of(row)
    return url_for(endpoint, **ids)


@blueprint.get("/notifications/unread")
@requires(Permission.NOTIFICATION_OWN)
def unread() -> str:
    """Give the bell's badge as a fragment."""
    return render_template("notifications/badge.html", count=unread_count(current_actor()))


@blueprint.post("/notifications/read")
@requires(Permission.NOTIFICATION_OWN)
def read() -> Response:
    """Mark everything as read."""
    with unit_of_work():
        services.read_all(actor=current_actor(), now=now())
    return redirect(url_for("notifications.inbox"))


@blueprint.get("/mailbox")
@requires(Permission.MAILBOX_READ)
def mailbox() -> str:
    """Show the mails of the local outbox folder, newest first."""
    if current_app.config["MAIL_URL"]:
        abort(404)
    files = sorted(
        outbox_folder().glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True
    )[:MAILS]
    mails: list[EmailMessage] = [
        message_from_bytes(path.read_bytes(), policy=policy.default) for path in files
    ]
    return render_template("notifications/mailbox.html", mails=mails)


@blueprint.post("/status/held-mail/<choice>")
@requires(Permission.MAIL_RELEASE)
def release_held(choice: str) -> Response:
    """Send or drop all mails that are held."""
    if choice not in CHOICES:
        abort(404)
    service, words = CHOICES[choice]
    with unit_of_work():
        count = service()
    log.info("held mail released", choice=choice, mails=count)
    flash(words(count), "success")
    return redirect(url_for("status.show_status"))


@blueprint.post("/status/refused-mail/<what>/<int:mail_id>/<choice>")
@requires(Permission.MAIL_RELEASE)
def release_one(what: str, mail_id: int, choice: str) -> Response:
    """Send or drop one mail that was refused and waits."""
    if what not in WHAT or choice not in CHOICES:
        abort(404)
    with unit_of_work():
        count = decide(what, mail_id, choice)
    log.info("refused mail released", choice=choice, mail=f"{what} {mail_id}", mails=count)
    flash(CHOICES[choice][1](count), "success")
    return redirect(url_for("status.show_status"))

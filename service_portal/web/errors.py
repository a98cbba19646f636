"""Turns refusals and HTTP errors into pages that say what to do, and never into a bare 500."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import AnonymousUserMixin, current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response

from service_portal.folders import page_about
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused, TooMany
from service_portal.kernel.logs import log
from service_portal.kernel.room import is_full
from service_portal.web.acting import act_as

# Losing a race for a lock or taking too long is nobody's fault; the same request may succeed in a
# second.
PASSING = {"40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03"}
PAGES = {400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503}


def error_page(
    status: int,
    message: object | None = None,
    *,
    heading: str | None = None,
    switch: tuple[Any, str] | None = None,
) -> tuple[str, int]:
    """Render the page of a status; the template is `templates/web/error.html`.

    `switch` is a role to act in instead, and the address to go on to in it.
    """
    if status >= 500:
        # Who is reading may be just what could not be read: the page is drawn without asking the
        # database for anything.
        act_as(None)
        g._login_user = AnonymousUserMixin()
    known = status if status in PAGES else (500 if status >= 500 else 400)
    page = render_template(
        "web/error.html",
        status=known,
        message=message,
        heading=heading,
        switch=switch,
        typed=_typed(),
    )
    return page, status


def largest_body() -> str:
    """Say how much may be sent to this address at once."""
    most = request.max_content_length or 0
    # Files may be larger than what is typed beside them; what is not too long as a whole has too
    # much of that.
    if (request.content_length or 0) <= most:
        most = min(most, request.max_form_memory_size or most)
    return f"{most // 1_048_576} MB" if most >= 1_048_576 else f"{most // 1024} KB"


def _too_long() -> str | None:
    """Name the limit of a form without files; of one with files the page itself does."""
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "most_bytes", 0) is None:
        return None
    return _(
        "This page takes at most %(most)s at once. Go back and send less.", most=largest_body()
    )


def _typed() -> list[str]:
    """Give the texts of a form that was refused, so that its sender can take them along; passwords
    are not shown.
    """
    try:
        said = [(name, value) for name, values in request.form.lists() for value in values]
    except (HTTPException, OSError):
        return []
    return [
        value
        for name, value in said
        if len(value) > 3 and name not in {"csrf_token", "once", "next"} and "password" not in name
    ]


def refusal_page(error: Refused) -> tuple[str, int]:
    """Show the page an act was refused on, with the reason and what was typed still in its place;
    where there is none, the error page.
    """
    message, about, rule = str(error.message), request.view_args or {}, request.url_rule
    # An act is refused on the page it was made on.
    shown = g.get("made_on") or page_about(about)
    # What has a page of its own keeps its form itself.
    if (
        shown is None
        or error.status not in {409, 422, 503}
        or rule is None
        or rule.methods is None
        or "GET" in rule.methods
    ):
        return error_page(error.status, message)
    g.refused = error
    flash(message, "danger")
    try:
        page: Any = current_app.view_functions[shown[0]](**shown[1])
    except Refused:
        # Meanwhile it is no longer this person's to see, but why it was refused they may know.
        return error_page(error.status, message)
    return page, error.status


def _page_of_act() -> str | None:
    """Name the page of the thing an act is made on: the address that a refused act leaves in the
    browser is none by itself.
    """
    adapter = current_app.create_url_adapter(request)
    if adapter is None or request.method != "GET" or not adapter.test(method="POST"):
        return None
    shown = page_about(adapter.match(method="POST")[1])
    return None if shown is None else url_for(shown[0], **shown[1])


def _is_from_here() -> bool:
    """Say whether one of our own pages sent this; a stranger's page must not have its words sent
    again under somebody's name.
    """
    return f"{request.headers.get('Origin') or request.referrer or ''}/".startswith(
        request.host_url
    )


def send_again_page() -> tuple[str, int]:
    """Hold what was typed when the session ended in between, ready to be sent again; passwords and
    files are not held.
    """
    typed = [
        (name, value)
        for name, values in request.form.lists()
        for value in values
        if name != "csrf_token" and "password" not in name
    ]
    files = [name for name, some in request.files.lists() if any(one.filename for one in some)]
    return (
        render_template(
            "web/send_again.html", typed=typed, files=files, signed_in=current_user.is_authenticated
        ),
        400,
    )


def full_sentence() -> str:
    """Say that nothing can be stored now, and what to do."""
    return _(
        "The portal has no room left to store this, so nothing was changed. "
        "Keep what you typed and tell the operator; it works again as soon as there is room."
    )


def where() -> str:
    """Give the address of a request as it may stand in a log: what opens an account does not."""
    if request.url_rule is None:
        return request.path
    about = (request.view_args or {}).items()
    numbers = [f"{name}={value}" for name, value in about if isinstance(value, int)]
    return " ".join([request.url_rule.rule, *numbers])


def init_errors(app: Flask) -> None:
    """Install the handlers. The API answers for itself under /api."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(sa.exc.DBAPIError, _not_stored)
    app.register_error_handler(OSError, _not_written)
    app.register_error_handler(Exception, _broken)


def _refused(error: Refused) -> tuple[str, int] | tuple[str, int, dict[str, str]]:
    db.session.rollback()
    if isinstance(error, TooMany):
        page, status = error_page(429, str(error.message))
        return page, status, {"Retry-After": str(error.retry_after)}
    return error_page(404) if error.status == 404 else refusal_page(error)


def _forged(error: CSRFError) -> tuple[str, int]:
    g.forged = True
    if request.endpoint and _is_from_here():
        return send_again_page()
    return error_page(
        400,
        _(
            "This page was open for too long. Go back, reload it and send it again; what you"
            " typed is still there."
        ),
    )


def _http_error(error: HTTPException) -> tuple[str, int] | HTTPException | Response:
    if isinstance(error, SecurityError):
        # Without a host that is ours no address can be made, so no page can be drawn.
        return Response(
            _("This portal does not answer to this host name."), 400, mimetype="text/plain"
        )
    if error.code is None or error.code < 400:
        return error
    if error.code == 405 and (page := _page_of_act()):
        return redirect(page)
    return error_page(error.code, _too_long() if error.code == 413 else None)


def _not_stored(error: sa.exc.DBAPIError) -> tuple[str, int]:
    db.session.rollback()
    if isinstance(error, sa.exc.DataError):
        return error_page(422, _("A value is too large or of the wrong kind to be stored."))
    if getattr(error.orig, "sqlstate", None) in PASSING or isinstance(
        error, sa.exc.OperationalError
    ):
        if is_full(error):
            return _no_room(error)
        log.warning("request could not be served now", path=where(), error=repr(error.orig))
        return error_page(
            503, _("Too much is happening at once. Send the same request again in a second.")
        )
    return _broken(error)


def _not_written(error: OSError) -> tuple[str, int]:
    return _no_room(error) if is_full(error) else _broken(error)


def _no_room(error: Exception) -> tuple[str, int]:
    db.session.rollback()
    log.error("no room left to store anything", path=where(), error=repr(error))
    return error_page(503, full_sentence())


def _broken(error: Exception) -> tuple[str, int]:
    db.session.rollback()
    if current_app.testing:
        raise error
    log.error("request failed", path=where(), method=request.method, exc_info=error)
    return error_page(500)

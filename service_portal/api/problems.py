"""Errors of the API as problem details (RFC 9457): what is wrong in a sentence, which field is to
blame, never a page of HTML.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app, g, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from service_portal.access.policy import may
from service_portal.access.scopes import TokenScope
from service_portal.kernel.db import db
from service_portal.kernel.errors import Forbidden, Refused, TooMany
from service_portal.kernel.logs import log
from service_portal.kernel.room import is_full
from service_portal.web.errors import PASSING, full_sentence, largest_body, where
from service_portal.web.guards import permission_here

PREFIX = "/api/v1/"
MEDIA_TYPE = "application/problem+json"


class Invalid(Refused):
    """A body or query that can't be read; `errors` name every field at once, each with its
    sentence.
    """

    def __init__(self, errors: Sequence[tuple[str, Any]]) -> None:
        super().__init__(_("Mend what is named here and send it again."), code="invalid")
        self.errors = errors


class Unreadable(Refused):
    """A body that is no JSON, is too long, or says that it is something else."""

    def __init__(self, message: Any, *, status: int) -> None:
        super().__init__(message, code="unreadable")
        self.status = status


class OutOfScope(Refused):
    """A use that the token was not made for, whatever its role may do."""

    status = 403

    def __init__(self, needed: TokenScope) -> None:
        message = _(
            "This token was not made for that: it lacks “%(scope)s”. Make another one in your"
            " settings.",
            scope=needed,
        )
        super().__init__(message, code="scope")
        self.needed = needed


def problem(
    status: int,
    detail: str,
    *,
    code: str,
    errors: Sequence[tuple[str, Any]] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """Make the answer.

    `code` is for programs and stays, `detail` is for people, in their language.
    """
    said: dict[str, Any] = {
        "type": f"urn:service-portal:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if errors:
        said["errors"] = [{"field": field, "message": str(message)} for field, message in errors]
    return Response(json.dumps(said, ensure_ascii=False), status, headers, mimetype=MEDIA_TYPE)


def of_refusal(error: Refused) -> Response:
    """Answer a refusal with the field it names."""
    db.session.rollback()
    if isinstance(error, OutOfScope):
        asked = f'Bearer realm="api", error="insufficient_scope", scope="{error.needed}"'
        headers = {"WWW-Authenticate": asked}
        return problem(403, str(error.message), code="scope", headers=headers)
    if error.status == 404:
        return problem(
            404, _("There is nothing at this address that this token may see."), code="missing"
        )
    if isinstance(error, Forbidden) and not _holds_permission():
        return problem(
            403,
            _("The role this token acts in may not do this. Use the token of another role."),
            code="forbidden",
        )
    message = str(error.message)
    errors = (
        error.errors
        if isinstance(error, Invalid)
        else [(error.field, message)]
        if error.field
        else []
    )
    again = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else None
    return problem(error.status, message, code=error.code, errors=errors, headers=again)


def _holds_permission() -> bool:
    permission = permission_here()
    return permission is not None and g.get("actor") is not None and may(g.actor, permission)


def of_http(error: HTTPException) -> Response:
    """Answer an error of HTTP itself: no token, no such address, wrong method, body too long."""
    db.session.rollback()
    status = error.code or 500
    if status == 401:
        return _who_are_you()
    said = {
        404: lambda: _("There is nothing at this address that this token may see."),
        405: lambda: _("This address does not answer %(method)s.", method=request.method),
        413: lambda: _("This is too long: at most %(most)s at once.", most=largest_body()),
    }.get(status, lambda: _("The request could not be understood."))()
    code = {404: "missing", 405: "method", 413: "unreadable"}.get(status, "request")
    methods = getattr(error, "valid_methods", None) if status == 405 else None
    headers = {"Allow": ", ".join(sorted(methods))} if methods else None
    return problem(status, said, code=code, headers=headers)


def _who_are_you() -> Response:
    if request.headers.get("Authorization"):
        said, challenge = (
            _(
                "This token is not valid: it is unknown, has expired or was revoked. Make a new one"
                " in your settings."
            ),
            'Bearer realm="api", error="invalid_token"',
        )
    else:
        said, challenge = (
            _(
                "Send a token in the header “Authorization: Bearer …”. You make one in your"
                " settings."
            ),
            'Bearer realm="api"',
        )
    return problem(401, said, code="token", headers={"WWW-Authenticate": challenge})


def of_database(error: sa.exc.DBAPIError) -> Response:
    """Answer a refusal of the database: a value it can't hold is the sender's to mend, a lost lock
    passes.
    """
    db.session.rollback()
    state = getattr(error.orig, "sqlstate", None) or ""
    if isinstance(error, sa.exc.DataError):
        return problem(
            422, _("A value is too large or of the wrong kind to be stored."), code="invalid"
        )
    if state in PASSING or isinstance(error, sa.exc.OperationalError):
        if is_full(error):
            return _no_room(error)
        log.warning("request could not be served now", path=where(), state=state)
        return problem(
            503,
            _("Too much is happening at once. Send the same request again in a second."),
            code="busy",
            headers={"Retry-After": "1"},
        )
    return broken(error)


def broken(error: Exception) -> Response:
    """Answer what nobody foresaw; the log has the rest."""
    db.session.rollback()
    if is_full(error):
        return _no_room(error)
    if current_app.testing:
        raise error
    log.error("request failed", path=where(), method=request.method, exc_info=error)
    return problem(
        500,
        _(
            "Something broke on our side, and nothing was changed. Try again; if it stays, tell the"
            " operator."
        ),
        code="broken",
    )


def _no_room(error: Exception) -> Response:
    log.error("no room left to store anything", path=where(), error=repr(error))
    return problem(503, full_sentence(), code="full", headers={"Retry-After": "60"})


def init_problems(app: Flask) -> None:
    """Let addresses below the API's that match no route answer as problems too, and leave all
    others their pages.
    """
    pages: Any = app.error_handler_spec[None][None][HTTPException]

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        if f"{request.path}/".startswith(PREFIX) and (error.code or 0) >= 400:
            return of_http(error)
        page: ResponseReturnValue = pages(error)
        return page

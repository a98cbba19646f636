"""Turns refusals and HTTP errors into pages that say what to do, and never into a bare 500."""

from __future__ import annotations

from flask import Flask, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.kernel.logs import log

PAGES = {400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503}


def error_page(status: int, message: object | None = None) -> tuple[str, int]:
    """Render the page of a status; the templates live in `templates/web/error.html`."""
    known = status if status in PAGES else (500 if status >= 500 else 400)
    return render_template("web/error.html", status=known, message=message), status


def init_errors(app: Flask) -> None:
    """Install the handlers. The API answers for itself under /api."""

    @app.errorhandler(Refused)
    def refused(error: Refused) -> tuple[str, int] | Response:
        db.session.rollback()
        if error.status == 404:
            return error_page(404)
        if request.method == "POST" and error.status in {409, 422} and request.referrer:
            from_here = request.referrer.startswith(request.host_url)
            if from_here:
                flash(str(error.message), "danger")
                return redirect(request.referrer[len(request.host_url) - 1 :])
        return error_page(error.status, str(error.message))

    @app.errorhandler(CSRFError)
    def forged(error: CSRFError) -> tuple[str, int]:
        return error_page(400, _("This page was open for too long. Go back, reload it and send it again; what you typed is still there."))

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> tuple[str, int] | HTTPException:
        if error.code is None or error.code < 400:
            return error
        return error_page(error.code)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> tuple[str, int]:
        db.session.rollback()
        if app.testing:
            raise error
        log.error("request failed", path=request.path, method=request.method, exc_info=error)
        return error_page(500)

"""The JSON API: everything the portal does for people, for programs with a token, described in
OpenAPI 3.1.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, current_app, render_template
from flask_smorest import Api
from flask_wtf import CSRFProtect
from werkzeug.wrappers import Response

from service_portal.api import (
    finance,
    history,
    linking,
    loans,
    moves,
    scores,
    services_list,
    talking,
    tickets,
    usage,
    wishes,
)
from service_portal.api.blueprint import View, v1
from service_portal.api.problems import MEDIA_TYPE, init_problems
from service_portal.api.shapes import Problem
from service_portal.api.tokens import scope_of_route
from service_portal.web.guards import public

OPENAPI = "3.1.0"
VERSION = "1.0.0"
ABOUT = """\
Service Portal for programs. Make a token in your settings; it acts in one of your organisations
and reaches what your role there reaches.
What it may do is chosen when it is made: `read` services and tickets, `write` (file and act),
`counts`. Each operation names the scope it needs.

Errors are problem details (RFC 9457): `code` is for programs, `detail` for people, `errors` names
every field. What a token may not see answers exactly like what is not there.
Moments are in UTC. Lists are cut into pages: send `next_cursor` as `cursor` until it is null."""
TAGS = {
    "services": "What the zone offers",
    "tickets": "Requests and what is said about them",
    "moves": "What people do to a ticket",
    "loans": "Institutions that are asked for a loan, and what each answers",
    "finance": "What banks lend: sums, and the entries behind them",
    "usage": "What was delivered",
    "scores": "Innovation points and eligibilities, with every indicator",
}
# Their routes stand on the blueprint once they are imported.
ROOMS = (
    services_list,
    tickets,
    moves,
    linking,
    history,
    talking,
    loans,
    finance,
    usage,
    scores,
    wishes,
)


METHODS = {"get", "post"}
REFUSALS = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
AGAIN = {"Retry-After": "seconds after which it may be sent again"}
HEADERS = {401: {"WWW-Authenticate": "what kind of token is asked for"}, 429: AGAIN, 503: AGAIN}


def refusals(path: str, method: str, operation: dict[str, Any]) -> set[int]:
    """Say with which statuses an operation may refuse, whatever it does: by what it reads and where
    it lies.
    """
    posts = method == "post"
    named = {404} if posts or "{" in path else set()
    read = {422} if posts or operation.get("parameters") else set()
    # Filing, and what people do on a ticket.
    paced = {429} if posts else set()
    return {401, 403, 503} | named | read | paced | ({400, 409, 413, 415} if posts else set())


def _views() -> dict[str, View]:
    """Give the view behind each path of the document."""
    return {
        re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule): current_app.view_functions[
            rule.endpoint
        ]
        for rule in current_app.url_map.iter_rules()
        if rule.endpoint.startswith("v1.")
    }


class Described(Api):
    """flask-smorest for the description alone: errors and pages are our own."""

    ERROR_SCHEMA = Problem

    def _register_doc_blueprint(self) -> None:
        """Leave the pages to us."""

    def _register_error_handlers(self) -> None:
        """Leave the errors to us: they are problem details, and only below /api/v1."""

    def _register_pagination_header(self) -> None:
        """Leave the pages to us."""

    def _register_responses(self) -> None:
        content = {MEDIA_TYPE: {"schema": Problem}}
        for status in REFUSALS:
            headers = {
                name: {"required": True, "description": about, "schema": {"type": "string"}}
                for name, about in HEADERS.get(status, {}).items()
            }
            self.spec.components.response(
                HTTPStatus(status).name,
                {
                    "description": HTTPStatus(status).phrase,
                    "content": content,
                    **({"headers": headers} if headers else {}),
                },
            )
        self.spec.components.response(
            "DEFAULT_ERROR", {"description": "A problem", "content": content}, lazy=True
        )

    @cached_property
    def text(self) -> str:
        """Give the OpenAPI document."""
        said: dict[str, Any] = self.spec.to_dict()
        said["paths"] = dict(sorted(said["paths"].items()))
        views = _views()
        for path, item in said["paths"].items():
            for method in item.keys() & METHODS:
                scope = scope_of_route(views[path], method.upper())
                item[method]["security"] = [{"token": [str(scope)]}]
                refused = {
                    str(status): {"$ref": f"#/components/responses/{HTTPStatus(status).name}"}
                    for status in refusals(path, method, item[method])
                }
                item[method]["responses"] = dict(
                    sorted((item[method]["responses"] | refused).items())
                )
        said["tags"] = [{"name": name, "description": about} for name, about in TAGS.items()]
        return json.dumps(said, ensure_ascii=False)


def init_api(app: Flask, csrf: CSRFProtect) -> None:
    """Register the routes below /api/v1, which know tokens and no cookies, their description
    and its page.
    """
    described = Described(
        spec_kwargs={
            "title": "Service Portal",
            "version": VERSION,
            "openapi_version": OPENAPI,
            "info": {"description": ABOUT},
            "security": [{"token": []}],
            "servers": [{"url": "/"}],
        }
    )
    described.init_app(app)
    described.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    described.register_blueprint(v1)
    csrf.exempt(v1)
    app.register_blueprint(_pages(described))
    init_problems(app)


def _pages(described: Described) -> Blueprint:
    pages = Blueprint("api", __name__, url_prefix="/api")

    @pages.get("/openapi.json")
    @public
    def openapi() -> Response:
        """Give the OpenAPI document."""
        return Response(described.text, mimetype="application/json")

    @pages.get("/docs")
    @public
    def docs() -> str:
        """Show the document as a page one can try things on; Swagger UI keeps to the policy of all
        pages.
        """
        return render_template("api/docs.html")

    return pages

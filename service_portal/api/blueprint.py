"""The blueprint of the API: who a bearer token acts for, how bodies and queries are read, how
answers are written.

Reading goes by marshmallow schemas, the same that the OpenAPI document shows, but not through
webargs: a body is read once, strictly, and every field that is wrong is named at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any

import sqlalchemy as sa
from flask import current_app, request
from flask_babel import gettext as _
from flask_smorest import Blueprint
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.access.scopes import TokenScope
from service_portal.accounts.tokens import use_of_token
from service_portal.api import problems
from service_portal.api.problems import Invalid, OutOfScope, Unreadable
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing, Refused
from service_portal.kernel.logs import bind
from service_portal.tickets.queries import id_of_reference, see_ticket
from service_portal.web.acting import act_as
from service_portal.web.guards import current_actor, permission_here, permission_of
from service_portal.web.reading import CONTROLS
from service_portal.web.slow_bodies import is_on_its_way

MOST_BYTES = 1_048_576
REFERENCE = re.compile(r"[A-Za-z0-9-]{3,60}")
# Halves of characters can't be written in UTF-8.
_UNWRITABLE = re.compile(rf"[{CONTROLS}\ud800-\udfff]")

View = Callable[..., Any]


class Reader:
    """Reads what a request says by a schema;
    stands where flask-smorest expects a webargs parser.
    """

    DEFAULT_VALIDATION_STATUS = 422

    def use_args(
        self, schema: Schema | type[Schema], *, location: str, **_options: Any
    ) -> Callable[[View], View]:
        """Give a view what the body (`json`) or the address (`query`) says,
        as its last argument.
        """
        made = schema() if isinstance(schema, type) else schema
        read = read_json if location == "json" else read_query

        def decorator(view: View) -> View:
            @wraps(view)
            def reading(*args: Any, **kwargs: Any) -> Any:
                return view(*args, fit(made, read()), **kwargs)

            return reading

        return decorator


class ApiBlueprint(Blueprint):
    """A blueprint of flask-smorest that reads strictly."""

    ARGUMENTS_PARSER = Reader()


v1 = ApiBlueprint("v1", __name__, url_prefix="/api/v1", description="Services, tickets and counts.")
v1.register_error_handler(Refused, problems.of_refusal)
v1.register_error_handler(HTTPException, problems.of_http)
v1.register_error_handler(sa.exc.DBAPIError, problems.of_database)
v1.register_error_handler(Exception, problems.broken)


@v1.before_request
def identify() -> None:
    """Put who the token acts for on `g.actor`; cookies count for nothing here."""
    request.max_content_length = MOST_BYTES
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    used = use_of_token(token.strip(), now=now()) if scheme.lower() == "bearer" else None
    if used is None:
        return
    act_as(used.actor)
    bind(person_id=used.actor.person_id, role=str(used.actor.role), token_id=used.token_id)
    needed = scope_of_route(current_app.view_functions.get(request.endpoint or ""), request.method)
    if needed not in used.scopes:
        raise OutOfScope(needed)
    if is_on_its_way(request.environ):
        # The rest of it may take long: others have the connection to the database meanwhile.
        db.session.rollback()
        request.get_data()


# What is counted may be read by a token that reads nothing else.
COUNTED = {Permission.COUNTS_READ, Permission.COUNTS_EXPORT, Permission.LEDGER_READ}


def scope_of_route(view: View | None, method: str) -> TokenScope:
    """Say which scope a token needs for a route: counts are their own,
    all else is read or written.
    """
    if permission_of(view) in COUNTED:
        return TokenScope.COUNTS
    return TokenScope.READ if method in {"GET", "HEAD", "OPTIONS"} else TokenScope.WRITE


def read_json() -> Any:
    """Give the body.

    Raises Unreadable for what is no JSON in UTF-8, Invalid for text that can't be stored.
    """
    if not request.is_json:
        raise Unreadable(
            _("Send JSON, with the header “Content-Type: application/json”."), status=415
        )
    raw = request.get_data()
    try:
        said = json.loads(raw.decode(), parse_constant=_no_constant, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise Unreadable(_("The body is not valid JSON."), status=400) from error
    if b"\\u" in raw or b"\x7f" in raw:
        _check_text(said)
    return said


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name, value in pairs:
        if name in said:
            raise Invalid([(_UNWRITABLE.sub("", name)[:100], _("Say this only once."))])
        said[name] = value
    return said


def _check_text(said: Any) -> None:
    waiting = [("", said)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str) and _UNWRITABLE.search(value):
            raise Invalid([(path, _("Leave out control characters."))])
        if isinstance(value, dict):
            if any(_UNWRITABLE.search(key) for key in value):
                raise Invalid([(path, _("Leave out control characters."))])
            waiting += [(f"{path}.{key}".lstrip("."), inner) for key, inner in value.items()]
        if isinstance(value, list):
            waiting += [(path, inner) for inner in value]


def read_query() -> dict[str, str]:
    """Give what the address asks for, each name once."""
    for name, values in request.args.lists():
        if len(values) > 1:
            raise Invalid([(name, _("Say this only once."))])
        if _UNWRITABLE.search(name + values[0]):
            raise Invalid([(_UNWRITABLE.sub("", name), _("Leave out control characters."))])
    return request.args.to_dict()


def fit(schema: Schema, said: Any) -> dict[str, Any]:
    """Give what was said as the schema knows it; raises Invalid naming every field that does not
    fit.
    """
    try:
        fitting: dict[str, Any] = schema.load(said)
    except ValidationError as error:
        # The library tells no types here.
        messages = error.normalized_messages()  # type: ignore[no-untyped-call]
        raise Invalid(_named(messages)) from error
    return fitting


def _named(messages: Mapping[Any, Any], path: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in messages.items():
        place = path if key == "_schema" else f"{path}.{key}".lstrip(".")[:100]
        if isinstance(value, Mapping):
            found += _named(value, place)
        else:
            found.append((place, value[0] if isinstance(value, list) else value))
    return found


def of_ticket(view: View) -> View:
    """Give a view the ticket its address names, before anything else is read.

    A foreign one answers like a missing one. What the route needs for anything at all,
    `requires` has asked; here it is asked for this ticket.
    """

    @wraps(view)
    def with_ticket(reference: str, *args: Any, **kwargs: Any) -> Any:
        if not REFERENCE.fullmatch(reference):
            raise Missing()
        needed = permission_here() or Permission.TICKET_VIEW
        seen = see_ticket(id_of_reference(reference), actor=current_actor(), permission=needed)
        return view(seen, *args, **kwargs)

    return with_ticket


def answer(said: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Write an answer."""
    return Response(
        json.dumps(said, ensure_ascii=False, separators=(",", ":")),
        status,
        headers,
        mimetype="application/json",
    )


def stamp(at: datetime | None) -> str | None:
    """Write a moment, in UTC, to the millisecond."""
    return (
        None
        if at is None
        else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def both(thing: Any, name: str = "name") -> dict[str, str] | None:
    """Write a name in both languages; None when the thing has none."""
    en, zh = getattr(thing, f"{name}_en"), getattr(thing, f"{name}_zh")
    return {"en": en, "zh": zh} if en or zh else None

"""Who a bearer token acts for, and what it may be used for."""

from __future__ import annotations

from flask import current_app, request

from service_portal.access.permissions import Permission
from service_portal.access.scopes import TokenScope
from service_portal.accounts.tokens import use_of_token
from service_portal.api.problems import OutOfScope
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.logs import bind
from service_portal.web.acting import act_as
from service_portal.web.guards import permission_of
from service_portal.web.slow_bodies import is_on_its_way

MOST_BYTES = 1_048_576
# What is counted may be read by a token that reads nothing else.
COUNTED = {
    Permission.COUNTS_READ,
    Permission.COUNTS_EXPORT,
    Permission.LEDGER_READ,
    Permission.MONEY_READ,
}


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


def scope_of_route(view: object, method: str) -> TokenScope:
    """Say which scope a token needs for a route: counts are their own,
    all else is read or written.
    """
    if permission_of(view) in COUNTED:
        return TokenScope.COUNTS
    return TokenScope.READ if method in {"GET", "HEAD", "OPTIONS"} else TokenScope.WRITE

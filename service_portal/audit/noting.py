"""Notes what requests did to sessions and what was refused to them: after their answer is made, in
a transaction of its own, and never at its cost.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

from flask import Flask, Response, current_app, g, request, url_for
from flask_login import user_logged_in, user_logged_out
from flask_security.signals import user_failed_authn

from service_portal.accounts.tokens import owner_by_prefix
from service_portal.audit.rules import Kind, address_typed
from service_portal.audit.services import Event, note
from service_portal.kernel.db import db
from service_portal.kernel.logs import log
from service_portal.kernel.networks import network_of
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.people.models import Locale
from service_portal.web.acting import who
from service_portal.web.reading import CONTROL

# Parts of an address that open something, or that only readers of a ticket know.
SECRET = {"secret", "token", "reference"}
SIGN_IN, API = "security.login", "api"
# Whose addresses hold a secret that somebody could guess.
INVITATION, RESET, FORGOTTEN = (
    "accounts.join",
    "security.reset_password",
    "security.forgot_password",
)


def init_audit(app: Flask) -> None:
    """Install it."""
    user_logged_in.connect(_signed_in, app)
    user_logged_out.connect(_signed_out, app)
    user_failed_authn.connect(_failed, app)
    app.after_request(_write)


def _keep(event: Event, person: Any = None) -> None:
    noted: list[tuple[Event, dict[str, Any]]] = g.setdefault("noted", [])
    noted.append((event, {**who(), **_person(person)}))


def _signed_in(_app: Flask, *, user: Any, **_about: Any) -> None:
    details, place = {"by": request.endpoint}, network_of(request.remote_addr or "")
    person = str(user.id)
    _keep(Event(Kind.SIGNED_IN, details, "person", person, user.email, alike=place), user)


def _signed_out(_app: Flask, *, user: Any, **_about: Any) -> None:
    if getattr(user, "id", None) is not None:
        _keep(Event(Kind.SIGNED_OUT, {}, "person", str(user.id), user.email), user)


def _failed(_app: Flask, *, user: Any, auth_type: str = "", tfa: bool = False, **_a: Any) -> None:
    details = {"of": str(auth_type), "second_factor": bool(tfa), "by": request.endpoint}
    person = str(user.id)
    _keep(Event(Kind.SIGN_IN_FAILED, details, "person", person, user.email, alike=person))


def _write(response: Response) -> Response:
    """Write what was kept in the request, and what its answer says.

    Whatever happens here, the answer goes out as it is.
    """
    if request.endpoint == "static":
        return response
    noted: list[tuple[Event, dict[str, Any]]] = g.pop("noted", [])
    if event := _of_answer(response, [one.kind for one, _ in noted]):
        noted.append((event, who()))
    if not noted:
        return response
    try:
        # A refused request has nothing left to store, and a finished one has stored it.
        db.session.rollback()
        with unit_of_work():
            for event, about in noted:
                note(_with_owner(event), who=about)
    except Exception as error:
        db.session.rollback()
        log.error("the security log could not be written", error=type(error).__name__)
    return response


def _with_owner(event: Event) -> Event:
    """Name the owner of a refused token whose beginning is known: it is expired, revoked or guessed
    at.
    """
    if event.alike != API:
        return event
    token = request.headers.get("Authorization", "").partition(" ")[2].strip()
    owner = owner_by_prefix(token)
    if owner is None:
        return event
    person = str(owner.id)
    return replace(
        event,
        object_table="person",
        object_id=person,
        object_name=owner.email,
        alike=f"{API}:{person}",
    )


def _person(person: Any) -> dict[str, Any]:
    actor = g.get("actor")
    if person is None or (actor is not None and actor.person_id == person.id):
        return {}
    zh = person.locale == Locale.ZH and person.name_zh
    name = person.name_zh if zh else person.name_en or person.email
    return {"person_id": person.id, "name": name, "role": ""}


def _of_answer(response: Response, kept: list[Kind]) -> Event | None:
    status, view = response.status_code, _view()
    if g.pop("forged", False):
        return Event(Kind.FORGED, _asked(), alike=request.endpoint or "")
    if status == 403:
        return Event(Kind.REFUSED, _asked(), alike=request.endpoint or "")
    if status == 404 and g.get("actor") is not None and request.url_rule is not None:
        return Event(Kind.MISSING, _asked(), alike=request.endpoint or "")
    if status == 429:
        return Event(Kind.THROTTLED, _asked(), alike=request.endpoint or "")
    if status == 401 and request.headers.get("Authorization"):
        return Event(Kind.SIGN_IN_FAILED, {"by": "api"}, alike=API)
    if 200 <= status < 300 and getattr(view, "exports", False):
        return Event(Kind.EXPORTED, {**_asked(), "wanted": _wanted()}, alike=_digest_of_request())
    if g.get("actor") is None and _is_guessed_link(response):
        return Event(Kind.MISSING, _asked(), alike=request.endpoint or "")
    if _is_unknown(status) and Kind.SIGN_IN_FAILED not in kept:
        details = {"by": request.endpoint, "address": address_typed(request.form.get("email", ""))}
        return Event(Kind.SIGN_IN_FAILED, details)
    return None


def _view() -> Any:
    return current_app.view_functions.get(request.endpoint or "")


def _is_unknown(status: int) -> bool:
    """Say whether somebody tried to sign in under an address that nobody has."""
    tried = request.endpoint == SIGN_IN and request.method == "POST" and g.get("actor") is None
    # A body that is too long to be read is not looked into.
    return tried and status in {200, 400, 401, 422} and "email" in request.form


def _is_guessed_link(response: Response) -> bool:
    """Say whether a stranger followed a link of an invitation or a letter that opens nothing: it
    is guessed, used up or over.
    """
    if request.endpoint == RESET:
        return response.status_code == 302 and response.location == url_for(FORGOTTEN)
    return request.endpoint == INVITATION and response.status_code in {404, 410}


def _wanted() -> dict[str, str]:
    """Give what an export was narrowed to, each filter with all that was said of it.

    There are at most as many names, and as long values, as `web/reading.py` reads of an address.
    """
    said = request.args.to_dict(flat=False)
    return {name[:100]: ", ".join(values) for name, values in said.items()}


def _digest_of_request() -> str:
    """Tell one export from another: nothing but the very same one again counts as alike."""
    return sha256(request.full_path.encode()).hexdigest()[:32]


def _asked() -> dict[str, Any]:
    """Say what was asked for: the route and the ids in it, without what is not for every reader of
    the log.
    """
    rule = request.url_rule
    about = request.view_args or {}
    named = {
        name: CONTROL.sub("", str(value))[:100]
        for name, value in about.items()
        if name not in SECRET
    }
    return {"method": request.method, "route": rule.rule if rule else "", "named": named}

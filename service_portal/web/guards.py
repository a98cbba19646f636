"""Every route names a permission, or says that it is public. A test walks the routes and checks."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import abort, current_app, g, redirect, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.kernel.errors import Forbidden
from service_portal.web.errors import send_again_page
from service_portal.web.marked_views import View, marked
from service_portal.web.pacing import keep_pace_of_exports

SIGN_IN = "security.login"


def signed_in_actor() -> Actor | None:
    """Give who acts in this request, or None when nobody has signed in."""
    actor: Actor | None = g.get("actor")
    return actor


def current_actor() -> Actor:
    """Give who acts in this request; only for views behind `requires`."""
    actor = signed_in_actor()
    if actor is None:
        abort(401)
    return actor


def requires(permission: Permission) -> Callable[[View], View]:
    """Let only actors in who hold the permission for anything at all; the view asks again for its
    object.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            actor = signed_in_actor()
            if actor is None:
                return _to_sign_in()
            if not may(actor, permission):
                raise Forbidden(
                    _l(
                        "Your role in this organisation can't open this page. Switch to another"
                        " role, or go back."
                    )
                )
            return view(*args, **kwargs)

        # It is called as the view is.
        return marked(guarded, permission=permission)  # type: ignore[return-value]

    return guard


def permission_of(view: object) -> Permission | None:
    """Name the permission that a view asks for, if it asks for one."""
    needed: Permission | None = getattr(view, "permission", None)
    return needed


def permission_here() -> Permission | None:
    """Name the permission that the view of this request asks for, if there is one."""
    return permission_of(current_app.view_functions.get(request.endpoint or ""))


def public(view: View) -> View:
    """Mark a view that anybody may open."""
    return marked(view, public=True)


def exports(view: View) -> View:
    """Mark a view that gives many things at once to take away: each use of it stands in the
    security log, and nobody fills that with it.
    """

    @wraps(view)
    def exporting(*args: Any, **kwargs: Any) -> Any:
        actor = signed_in_actor()
        if actor is not None:
            keep_pace_of_exports(actor)
        return view(*args, **kwargs)

    # It is called as the view is.
    return marked(exporting, exports=True)  # type: ignore[return-value]


def own_path(target: str | None) -> str:
    """Give a path of this site to go back to; anything else becomes the front page."""
    if (
        not target
        or not target.startswith("/")
        or target.startswith(("//", "/\\"))
        or any(c in target for c in "\r\n\t\\")
    ):
        return "/"
    return target


def _to_sign_in() -> Response | tuple[str, int]:
    if request.path.startswith("/api/v1/"):
        abort(401)
    if request.method == "POST" and request.form:
        return send_again_page()
    if request.headers.get("HX-Request"):
        answer = Response(status=204)
        answer.headers["HX-Redirect"] = url_for(SIGN_IN)
        return answer
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for(SIGN_IN, next=target))

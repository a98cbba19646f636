"""The page on which an enterprise says which institutions it prefers, and which it excludes."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.directory.pages import blueprint
from service_portal.directory.wished import SHOWN, others_for, wishes_of
from service_portal.directory.wishing import Wish, wish
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.formatting import localized
from service_portal.web.guards import current_actor, requires


@blueprint.get("/organisation/institutions")
@requires(Permission.INSTITUTION_CHOOSE)
def wishes() -> str:
    """Show which institutions one's enterprise prefers and excludes, and others to choose from."""
    enterprise_id = current_actor().enterprise_id
    assert enterprise_id is not None
    name = request.args.get("q", "").strip()[:100]
    others = others_for(enterprise_id, name)
    return render_template(
        "directory/wishes.html",
        wished=wishes_of(enterprise_id),
        others=others[:SHOWN],
        has_more=len(others) > SHOWN,
        q=name,
    )


@blueprint.post("/organisation/institutions")
@requires(Permission.INSTITUTION_CHOOSE)
def make_wish() -> Response:
    """Prefer an institution, exclude it, or neither."""
    chosen, said = request.form.get("institution_id", "", str), request.form.get("wish", "")
    institution_id = int(chosen) if chosen.isdecimal() and len(chosen) < 19 else 0
    with unit_of_work():
        institution = wish(actor=current_actor(), institution_id=institution_id, wish=said)
    flash(_done(Wish(said), localized(institution)), "success")
    return redirect(url_for("directory.wishes", q=request.form.get("q") or None))


def _done(said: Wish, name: str) -> str:
    if said is Wish.PREFER:
        return _("%(name)s is asked first from now on, where it can take the case.", name=name)
    if said is Wish.EXCLUDE:
        return _("%(name)s is not asked for you any more.", name=name)
    return _("%(name)s is asked like all others again.", name=name)

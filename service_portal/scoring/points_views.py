"""An enterprise's points: why, where it stands, what would help; what the zone sees of them."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.access.policy import may, reaches_enterprise
from service_portal.directory.models import Enterprise
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing
from service_portal.scoring.codes import VersionState
from service_portal.scoring.models import SchemeVersion, ScoreScheme
from service_portal.scoring.pages import blueprint
from service_portal.scoring.queries import disputes_of, scheme_of, standings_of
from service_portal.scoring.rule_words import rules_in_words
from service_portal.scoring.showing import show
from service_portal.web.guards import current_actor, requires


@blueprint.get("/points")
@requires(Permission.SCORE_DISPUTE)
def my_points() -> str | Response:
    """Bring an enterprise to its newest points, or say how it comes to some."""
    enterprise_id = current_actor().enterprise_id or 0
    found = standings_of(enterprise_id)
    if not found:
        return render_template("scoring/no_points.html")
    standing, scheme, _version, _score = found[0]
    return redirect(url_for("scoring.points", scheme_code=scheme.code, year=standing.year))


@blueprint.get("/points/rules/<int:version_id>")
@requires(Permission.SCORE_READ)
def rules(version_id: int) -> str:
    """Show the rules of a published version to everybody who is scored by it or reads scores."""
    version = db.session.get(SchemeVersion, version_id)
    if version is None or version.status != VersionState.PUBLISHED:
        raise Missing()
    back, back_label = _way_back()
    return render_template(
        "scoring/rules.html",
        version=version,
        scheme=db.session.get(ScoreScheme, version.scheme_id),
        **rules_in_words(scheme_of(version)),
        back=back,
        back_label=back_label,
    )


def _way_back() -> tuple[str, str]:
    actor = current_actor()
    if may(actor, Permission.SCORE_DISPUTE):
        return url_for("scoring.my_points"), _("Your points")
    if may(actor, Permission.SCORE_BOARDS):
        return url_for("scoring.boards"), _("Rankings")
    return url_for("scoring.list_schemes"), _("Schemes")


@blueprint.get("/points/<scheme_code>/<int:year>")
@requires(Permission.SCORE_DISPUTE)
def points(scheme_code: str, year: int) -> str:
    """Show an enterprise its own score of a scheme and a year."""
    return _page(_own(), scheme_code, year)


def _own() -> Enterprise:
    return _enterprise(current_actor().enterprise_id or 0)


def _enterprise(enterprise_id: int) -> Enterprise:
    enterprise = db.session.get(Enterprise, enterprise_id)
    if enterprise is None or not reaches_enterprise(
        current_actor(), Permission.SCORE_READ, enterprise_id
    ):
        raise Missing()
    return enterprise


@blueprint.get("/enterprises/<int:enterprise_id>/points")
@requires(Permission.SCORE_READ)
def points_of(enterprise_id: int) -> str | Response:
    """Bring somebody of the zone to an enterprise's newest points."""
    enterprise = _enterprise(enterprise_id)
    found = standings_of(enterprise_id)
    if not found:
        return render_template("scoring/no_points.html", enterprise=enterprise)
    standing, scheme, _version, _score = found[0]
    return redirect(
        url_for(
            "scoring.score_of",
            enterprise_id=enterprise_id,
            scheme_code=scheme.code,
            year=standing.year,
        )
    )


@blueprint.get("/enterprises/<int:enterprise_id>/points/<scheme_code>/<int:year>")
@requires(Permission.SCORE_READ)
def score_of(enterprise_id: int, scheme_code: str, year: int) -> str:
    """Show somebody of the zone an enterprise's score."""
    return _page(_enterprise(enterprise_id), scheme_code, year)


def _page(enterprise: Enterprise, scheme_code: str, year: int) -> str:
    found = standings_of(enterprise.id)
    chosen = next(
        (one for one in found if one[1].code == scheme_code and one[0].year == year), None
    )
    if chosen is None:
        raise Missing()
    actor = current_actor()
    is_own = actor.enterprise_id == enterprise.id
    return render_template(
        "scoring/points.html",
        enterprise=enterprise,
        shown=show(enterprise.id, chosen),
        history=[one for one in found if one[1].code == scheme_code],
        schemes=_newest(found, scheme_code, year),
        disputes=disputes_of(enterprise.id, chosen[3].id),
        is_own=is_own,
        may_dispute=is_own and may(actor, Permission.SCORE_DISPUTE),
        link=_link(enterprise.id if not is_own else None),
    )


def _newest(found: Any, scheme_code: str, year: int) -> list[tuple[Any, int]]:
    """Give each scheme with the year its tab leads to: the same one, else its newest."""
    years: dict[str, tuple[Any, int]] = {}
    for standing, scheme, _version, _score in found:
        if scheme.code not in years or standing.year == year:
            years[scheme.code] = scheme, standing.year
    return list(years.values())


def _link(enterprise_id: int | None) -> Any:
    """Give how pages of this enterprise's scores are addressed."""
    if enterprise_id is None:
        return lambda code, year: url_for("scoring.points", scheme_code=code, year=year)
    return lambda code, year: url_for(
        "scoring.score_of", enterprise_id=enterprise_id, scheme_code=code, year=year
    )

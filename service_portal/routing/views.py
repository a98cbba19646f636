"""The routing rules: read, written, ordered, switched."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from service_portal.access.permissions import Permission
from service_portal.catalogue import queries as catalogue
from service_portal.directory.queries import parks, stations
from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.routing import editing, queries
from service_portal.routing.forms import RuleForm
from service_portal.routing.models import RoutingRule
from service_portal.web.formatting import localized, number
from service_portal.web.guards import requires

blueprint = Blueprint("routing", __name__)


@blueprint.get("/admin/routing")
@requires(Permission.ROUTING_EDIT)
def rules() -> str:
    """List the rules in the order they are tried."""
    return render_template(
        "routing/rules.html",
        rules=queries.all_rules(),
        stations={s.id: s for s in stations()},
        in_words=_in_words,
        today=now().astimezone(zone_time()).date(),
    )


def _in_words(said: dict[str, Any]) -> list[str]:
    """Say the conditions of a rule in words, one for each."""
    names = {
        "categories": {c.code: localized(c) for c in catalogue.categories()},
        "services": {s.code: localized(s) for s in catalogue.services().values()},
        "parks": {p.code: localized(p) for p in parks()},
    }
    either = _(" or ")
    words = [
        either.join(known.get(code, code) for code in said[kind])
        for kind, known in names.items()
        if said.get(kind)
    ]
    if said.get("tags"):
        words.append(_("enterprise tagged %(tags)s", tags=either.join(said["tags"])))
    if said.get("amount_from"):
        words.append(_("amount from %(n)s yuan", n=number(Decimal(said["amount_from"]))))
    if said.get("amount_below"):
        words.append(_("amount below %(n)s yuan", n=number(Decimal(said["amount_below"]))))
    if said.get("urgent"):
        words.append(_("urgent"))
    return words


@blueprint.route("/admin/routing/new", methods=["GET", "POST"])
@requires(Permission.ROUTING_EDIT)
def new_rule() -> str | Response | tuple[str, int]:
    """Write a new rule; it is tried last."""
    return _edit(None)


@blueprint.route("/admin/routing/<int:rule_id>", methods=["GET", "POST"])
@requires(Permission.ROUTING_EDIT)
def edit_rule(rule_id: int) -> str | Response | tuple[str, int]:
    """Change a rule; decisions already made keep naming the old version."""
    rule = db.session.get(RoutingRule, rule_id)
    if rule is None:
        raise Missing()
    return _edit(rule)


def _edit(rule: RoutingRule | None) -> str | Response | tuple[str, int]:
    known: dict[str, Any] = {}
    if rule is not None:
        said = rule.conditions
        known = {
            "name_en": rule.name_en,
            "name_zh": rule.name_zh,
            "station_id": rule.station_id,
            "valid_from": rule.valid_from,
            "valid_until": rule.valid_until,
            "active": rule.active,
            "categories": said.get("categories", []),
            "services": said.get("services", []),
            "parks": said.get("parks", []),
            "tags": ", ".join(said.get("tags", [])),
            "amount_from": said.get("amount_from"),
            "amount_below": said.get("amount_below"),
            "urgent": bool(said.get("urgent")),
        }
    form = RuleForm(data=known) if request.method == "GET" else RuleForm()
    form.station_id.choices = [SelectChoice(s.id, localized(s)) for s in stations()]
    form.categories.choices = [SelectChoice(c.code, localized(c)) for c in catalogue.categories()]
    form.services.choices = [
        SelectChoice(s.code, f"{s.code} {localized(s)}") for s in catalogue.services().values()
    ]
    form.parks.choices = [SelectChoice(p.code, localized(p)) for p in parks()]
    if form.validate_on_submit():
        problem = _problem(form)
        if problem is None:
            with unit_of_work():
                editing.save_rule(
                    rule.id if rule else None,
                    name_en=form.name_en.data or "",
                    name_zh=form.name_zh.data or "",
                    conditions=_conditions(form),
                    station_id=form.station_id.data,
                    valid_from=form.valid_from.data,
                    valid_until=form.valid_until.data,
                    active=form.active.data,
                    now=now(),
                )
            flash(_("Saved. New tickets follow it at once."), "success")
            return redirect(url_for("routing.rules"))
        form.name_en.errors = [problem]
    return render_template("routing/edit_rule.html", form=form, rule=rule), (
        422 if form.errors else 200
    )


def _conditions(form: RuleForm) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "categories": form.categories.data,
        "services": form.services.data,
        "parks": form.parks.data,
        "tags": [
            tag.strip()
            for tag in (form.tags.data or "").replace("，", ",").split(",")
            if tag.strip()
        ],
        "amount_from": str(form.amount_from.data) if form.amount_from.data is not None else None,
        "amount_below": str(form.amount_below.data) if form.amount_below.data is not None else None,
        "urgent": True if form.urgent.data else None,
    }
    return {name: value for name, value in wanted.items() if value not in (None, [], "")}


def _problem(form: RuleForm) -> str | None:
    if not _conditions(form):
        return _("This rule has no condition, so it would take every ticket. Add one.")
    if (
        form.amount_from.data is not None
        and form.amount_below.data is not None
        and form.amount_from.data >= form.amount_below.data
    ):
        return _("“Amount from” must be smaller than “amount below”, or nothing matches.")
    if (
        form.valid_from.data
        and form.valid_until.data
        and form.valid_from.data > form.valid_until.data
    ):
        return _("The rule ends before it begins.")
    return None


@blueprint.post("/admin/routing/<int:rule_id>/<any(up, down):where>")
@requires(Permission.ROUTING_EDIT)
def move_rule(rule_id: int, where: str) -> Response:
    """Try a rule earlier or later."""
    with unit_of_work():
        editing.move_rule(rule_id, up=where == "up")
    return redirect(url_for("routing.rules"))


@blueprint.post("/admin/routing/<int:rule_id>/switch")
@requires(Permission.ROUTING_EDIT)
def switch_rule(rule_id: int) -> Response:
    """Switch a rule on or off."""
    with unit_of_work():
        editing.switch_rule(rule_id)
    flash(_("Saved. New tickets follow it at once."), "success")
    return redirect(url_for("routing.rules"))

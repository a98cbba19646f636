"""The directory's administration: lists, one entry, import and export for each kind."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse

from service_portal.access.permissions import Permission
from service_portal.directory import exchanging, queries, services
from service_portal.directory.columns import EVERY, Codes
from service_portal.directory.forms import ZoneForm
from service_portal.directory.kinds import FIRST_STATE, KINDS, Kind
from service_portal.directory.models import Zone
from service_portal.directory.pages import blueprint
from service_portal.directory.reading import texts_of
from service_portal.directory.rules import may_become
from service_portal.directory.words import INSTITUTION_STATES
from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.formatting import localized
from service_portal.web.guards import exports, requires
from service_portal.web.paging import cut, decode
from service_portal.web.reading import takes_files

PAGE = 50


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise Missing()
    return KINDS[name]


@blueprint.get("/admin/directory")
@requires(Permission.DIRECTORY_EDIT)
def index() -> str:
    """Show what the directory holds."""
    return render_template("directory/index.html", kinds=KINDS, counts=queries.counts())


@blueprint.get("/admin/directory/<kind_name>")
@requires(Permission.DIRECTORY_EDIT)
def entries(kind_name: str) -> str:
    """List the entries of a kind, found by code or name."""
    kind, text, cursor = (
        _kind(kind_name),
        request.args.get("q", "").strip()[:100],
        request.args.get("after"),
    )
    args = {"kind_name": kind_name, **({"q": text} if text else {})}
    if kind.is_link:
        links = queries.links_of(kind, text, cursor=decode(cursor, int), size=PAGE)
        return render_template(
            "directory/links.html",
            kind=kind,
            q=text,
            page=cut(links, PAGE, lambda row: [row.id], cursor),
            args=args,
        )
    rows = queries.page_of(kind.model, text, cursor=decode(cursor, str), size=PAGE)
    places = queries.stations() if kind.name == "members" else queries.parks()
    return render_template(
        "directory/entries.html",
        kind=kind,
        q=text,
        page=cut(rows, PAGE, lambda row: [getattr(row, kind.key)], cursor),
        args=args,
        places={place.id: place for place in places},
        institution_states=INSTITUTION_STATES,
        today=now().astimezone(zone_time()).date(),
    )


@blueprint.route("/admin/directory/<kind_name>/new", methods=["GET", "POST"])
@requires(Permission.DIRECTORY_EDIT)
def new_entry(kind_name: str) -> str | BaseResponse | tuple[str, int]:
    """Add an entry."""
    return _edit(_kind(kind_name), None)


@blueprint.route("/admin/directory/<kind_name>/<int:entry_id>", methods=["GET", "POST"])
@requires(Permission.DIRECTORY_EDIT)
def edit_entry(kind_name: str, entry_id: int) -> str | BaseResponse | tuple[str, int]:
    """Change an entry."""
    kind = _kind(kind_name)
    entry = db.session.get(kind.model, entry_id)
    if entry is None:
        raise Missing()
    return _edit(kind, entry)


def _edit(kind: Kind, entry: Any) -> str | BaseResponse | tuple[str, int]:
    values = (
        texts_of(kind, entry)
        if entry is not None
        else {"active": "yes", "on_duty": "yes", "status": FIRST_STATE}
    )
    errors: dict[str, str] = {}
    asks = False
    if request.method == "POST":
        values = {
            column.name: ", ".join(request.form.getlist(column.name)) for column in kind.columns
        }
        codes = Codes()
        with unit_of_work():
            row = services.judge(kind, [values], codes=codes, entry=entry)[0]
            errors, asks = row.errors, row.is_leaving and request.form.get("sure") != "1"
            if not errors and not asks:
                services.save(kind, [row], codes=codes)
        if not errors and not asks:
            queries.forget_directory()
            flash(
                (
                    _(
                        "Saved. The open cases of this member go back to the queue; the next round"
                        " finds them another owner."
                    )
                    if row.is_leaving
                    else _("Saved.")
                ),
                "success",
            )
            return redirect(url_for("directory.entries", kind_name=kind.name))
    page = render_template(
        "directory/edit_entry.html",
        kind=kind,
        entry=entry,
        values=values,
        errors=errors,
        asks=asks,
        choices=_choices(kind, entry),
        options=_options(kind),
        person=queries.person_of(entry) if kind.name == "members" and entry is not None else None,
    )
    return (page, 422) if errors else page


@blueprint.post("/admin/directory/<kind_name>/<int:entry_id>/remove")
@requires(Permission.DIRECTORY_EDIT)
def remove_entry(kind_name: str, entry_id: int) -> BaseResponse:
    """Take away an entry that only links others; what has a name of its own is put out of use
    instead.
    """
    kind = _kind(kind_name)
    entry = db.session.get(kind.model, entry_id)
    if entry is None or not kind.is_link:
        raise Missing()
    with unit_of_work():
        services.remove(entry)
    flash(_("Removed."), "success")
    return redirect(url_for("directory.entries", kind_name=kind.name))


@blueprint.route("/admin/zone", methods=["GET", "POST"])
@requires(Permission.DIRECTORY_EDIT)
def edit_zone() -> str | BaseResponse | tuple[str, int]:
    """Say what the zone is called."""
    form = ZoneForm(obj=db.session.get(Zone, 1))
    if form.validate_on_submit():
        with unit_of_work():
            services.rename_zone(name_zh=form.name_zh.data or "", name_en=form.name_en.data or "")
        queries.forget_directory()
        flash(_("Saved."), "success")
        return redirect(url_for("directory.index"))
    return render_template("directory/edit_zone.html", form=form), 422 if form.errors else 200


def _choices(kind: Kind, entry: Any) -> dict[str, dict[str, str]]:
    """Give what can be chosen instead of typed: stations, calendars, parks, and the states an
    institution may come to.
    """
    if kind.name == "members":
        calendars = {one.code: f"{one.code} · {localized(one)}" for one in queries.calendars()}
        return {
            "station_id": {
                place.code: f"{place.code} · {localized(place)}" for place in queries.stations()
            },
            "calendar_id": {"": "—", **calendars},
        }
    if kind.name == "enterprises":
        return {
            "park_id": {
                place.code: f"{place.code} · {localized(place)}" for place in queries.parks()
            }
        }
    if kind.name == "institutions":
        before = entry.status if entry is not None else FIRST_STATE
        return {
            "status": {
                code: str(word)
                for code, word in INSTITUTION_STATES.items()
                if may_become(before, code)
            }
        }
    return {}


def _options(kind: Kind) -> dict[str, dict[str, str]]:
    """Give what can be ticked instead of typed: parks,
    and the catalogue's categories or services.
    """
    if kind.name not in {"stations", "institutions"}:
        return {}
    catalogue = "categories" if kind.name == "stations" else "services"
    every = {EVERY: _("every park")} if kind.name == "stations" else {}
    return {
        "parks": {**every, **{park.code: localized(park) for park in queries.parks()}},
        catalogue: {
            row.code: f"{row.code} {localized(row)}" for row in queries.catalogue_names(catalogue)
        },
    }


@blueprint.get("/admin/directory/<kind_name>/export.<form>")
@requires(Permission.DIRECTORY_EDIT)
@exports
def export(kind_name: str, form: str) -> Response:
    """Give all entries of a kind as a file; it can be changed and taken in again."""
    kind = _kind(kind_name)
    if form not in {"csv", "xlsx"}:
        raise Missing()
    mimetype = (
        "text/csv; charset=utf-8"
        if form == "csv"
        else "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    return Response(
        exchanging.export(kind, form),
        mimetype=mimetype,
        headers={"Content-Disposition": f'attachment; filename="{kind.name}.{form}"'},
    )


@blueprint.route("/admin/directory/<kind_name>/import", methods=["GET", "POST"])
@requires(Permission.DIRECTORY_EDIT)
@takes_files
def take_in(kind_name: str) -> str | BaseResponse | tuple[str, int]:
    """Check a file row by row, and take it when every row is right and one says so."""
    kind, result = _kind(kind_name), None
    if request.method == "POST":
        rows = exchanging.read_upload(request.files.get("file"))
        apply = request.form.get("act") == "take"
        with unit_of_work():
            result = exchanging.take(kind, rows, apply=apply)
        if apply and not result.errors:
            queries.forget_directory()
            flash(
                _(
                    "Taken in: %(new)d new, %(changed)d changed, %(same)d unchanged.",
                    new=result.new,
                    changed=result.changed,
                    same=result.unchanged,
                ),
                "success",
            )
            if result.leaving:
                flash(
                    ngettext(
                        "The open cases of %(num)d member go back to the queue; the next round"
                        " finds them another owner.",
                        "The open cases of %(num)d members go back to the queue; the next round"
                        " finds them another owner.",
                        result.leaving,
                    ),
                    "success",
                )
            return redirect(url_for("directory.entries", kind_name=kind.name))
    labels = {column.name: column.label for column in kind.columns}
    page = render_template("directory/take_in.html", kind=kind, result=result, labels=labels)
    return (page, 422) if result is not None and result.errors else page

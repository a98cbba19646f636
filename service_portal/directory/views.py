"""The directory's administration: lists, one entry, import and export for each kind."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from service_portal.access.permissions import Permission
from service_portal.directory import exchanging, queries
from service_portal.directory.kinds import KINDS, Kind, check, save, texts_of
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing, Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.guards import requires
from service_portal.web.paging import cut, decode

blueprint = Blueprint("directory", __name__)

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
    kind, text, cursor = _kind(kind_name), request.args.get("q", "").strip()[:100], request.args.get("after")
    rows = queries.page_of(kind.model, text, cursor=decode(cursor, str), size=PAGE)
    return render_template("directory/entries.html", kind=kind, q=text, page=cut(rows, PAGE, lambda row: [getattr(row, kind.key)], cursor), args={"kind_name": kind_name, **({"q": text} if text else {})})


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
    values = texts_of(kind, entry) if entry is not None else {"active": "yes", "on_duty": "yes"}
    errors: dict[str, str] = {}
    if request.method == "POST":
        values = {column.name: request.form.get(column.name, "") for column in kind.columns}
        read, errors = check(kind, values, known=entry)
        clash = queries.id_of_key(kind.model, kind.key, read.get(kind.key))
        if clash is not None and (entry is None or clash != entry.id):
            errors[kind.key] = _("Another entry has this code already.")
        if not errors:
            with unit_of_work():
                save(kind, read, known=entry)
            queries.forget_directory()
            flash(_("Saved."), "success")
            return redirect(url_for("directory.entries", kind_name=kind.name))
    page = render_template("directory/edit_entry.html", kind=kind, entry=entry, values=values, errors=errors)
    return (page, 422) if errors else page


@blueprint.get("/admin/directory/<kind_name>/export.<form>")
@requires(Permission.DIRECTORY_EDIT)
def export(kind_name: str, form: str) -> Response:
    """Give all entries of a kind as a file; it can be changed and taken in again."""
    kind = _kind(kind_name)
    if form not in {"csv", "xlsx"}:
        raise Missing()
    mimetype = "text/csv; charset=utf-8" if form == "csv" else "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Response(exchanging.export(kind, form), mimetype=mimetype, headers={"Content-Disposition": f'attachment; filename="{kind.name}.{form}"'})


@blueprint.route("/admin/directory/<kind_name>/import", methods=["GET", "POST"])
@requires(Permission.DIRECTORY_EDIT)
def take_in(kind_name: str) -> str | BaseResponse | tuple[str, int]:
    """Check a file row by row, and take it when every row is right and one says so."""
    kind, result = _kind(kind_name), None
    if request.method == "POST":
        upload = request.files.get("file")
        if upload is None or not upload.filename:
            raise Refused(_("Choose a file first."))
        rows = exchanging.read_file(upload.filename, upload.stream.read(exchanging.MOST_BYTES + 1))
        apply = request.form.get("act") == "take"
        with unit_of_work():
            result = exchanging.take(kind, rows, apply=apply)
        if apply and not result.errors:
            queries.forget_directory()
            flash(_("Taken in: %(new)d new, %(changed)d changed, %(same)d unchanged.", new=result.new, changed=result.changed, same=result.unchanged), "success")
            return redirect(url_for("directory.entries", kind_name=kind.name))
    page = render_template("directory/take_in.html", kind=kind, result=result)
    return (page, 422) if result is not None and result.errors else page

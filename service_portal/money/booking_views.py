"""What banks enter: one thing on a line, or a file of slips; and corrections by two people."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from service_portal.access.permissions import Permission
from service_portal.directory.exchanging import read_upload
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing, Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.money import correcting, paying
from service_portal.money.codes import MoneyKind
from service_portal.money.forms import LineForm, SlipsForm
from service_portal.money.importing import Imported, import_slips
from service_portal.money.models import MoneyEntry
from service_portal.money.pages import blueprint
from service_portal.money.queries import corrections_waiting
from service_portal.money.row_views import show_line, the_line
from service_portal.money.slices import may_see
from service_portal.money.words import KINDS
from service_portal.web.formatting import joined
from service_portal.web.guards import current_actor, requires
from service_portal.web.reading import takes_files


@blueprint.post("/lines/<int:line_id>")
@requires(Permission.MONEY_BOOK)
def book_on_line(line_id: int) -> Response | tuple[str, int]:
    """Book what happened on a line of the actor's own bank."""
    actor, form = current_actor(), LineForm()
    if the_line(line_id).institution_id != actor.institution_id:
        raise Missing()
    if not form.validate():
        return show_line(line_id, form), 422
    kind = MoneyKind(form.kind.data)
    amount, day = form.amount.data or 0, form.day.data
    said = {"actor": actor, "line_id": line_id, "amount": amount, "day": day, "now": now()}
    try:
        with unit_of_work():
            if kind in {MoneyKind.DRAWN, MoneyKind.REPAID}:
                act = paying.draw if kind == MoneyKind.DRAWN else paying.repay
                act(slip=form.slip.data or "", **said)
            else:
                mark = (
                    paying.mark_overdue if kind == MoneyKind.OVERDUE else paying.mark_non_performing
                )
                mark(**said)
    except Refused as refusal:
        if refusal.field is None:
            raise
        form[refusal.field].errors = [refusal.message]
        return show_line(line_id, form), refusal.status
    flash(_("Booked: %(what)s.", what=str(KINDS[kind])), "success")
    return redirect(url_for("money.line", line_id=line_id))


@blueprint.route("/slips", methods=["GET", "POST"])
@requires(Permission.MONEY_BOOK)
@takes_files
def slips() -> str | Response | tuple[str, int]:
    """Check a file of what was paid out and repaid row by row, and book it when every row is right
    and one says so.
    """
    actor, form, result = current_actor(), SlipsForm(), None
    if form.validate_on_submit() and actor.institution_id is not None:
        is_meant = request.form.get("act") == "take"
        try:
            rows = read_upload(form.file.data)
            with unit_of_work():
                result = import_slips(
                    rows, actor=actor, institution_id=actor.institution_id, now=now()
                )
                if result.errors or not is_meant:
                    db.session.rollback()
        except Refused as refusal:
            form.file.errors = [refusal.message]
        if is_meant and result is not None and not result.errors:
            flash(_booked(result), "success")
            return redirect(url_for("money.entries", what="drawn"))
    page = render_template("money/slips.html", form=form, result=result)
    return (page, 422) if form.errors or (result is not None and result.errors) else page


def _booked(result: Imported) -> str:
    said = [ngettext("%(num)d slip was booked.", "%(num)d slips were booked.", result.booked)]
    if result.known:
        said.append(
            ngettext(
                "%(num)d was booked already and is left as it is.",
                "%(num)d were booked already and are left as they are.",
                result.known,
            )
        )
    return joined(said)


@blueprint.post("/entries/<int:seq>/correct")
@requires(Permission.MONEY_CORRECT)
def propose(seq: int) -> Response:
    """Propose to take an entry back; another person confirms it."""
    entry = db.session.get(MoneyEntry, seq)
    actor = current_actor()
    if entry is None or not may_see(
        actor, institution_id=entry.institution_id, enterprise_id=entry.enterprise_id
    ):
        raise Missing()
    note = (request.form.get("note") or "").strip()[:500]
    with unit_of_work():
        correcting.propose_correction(actor=actor, seq=seq, note=note, now=now())
    flash(_("Proposed. The entry stands until another person confirms the correction."), "success")
    if entry.line_id is None:
        return redirect(url_for("money.entries"))
    return redirect(url_for("money.line", line_id=entry.line_id))


@blueprint.get("/corrections")
@requires(Permission.MONEY_CONFIRM)
def corrections() -> str:
    """Show the corrections that wait for a second person."""
    return render_template(
        "money/corrections.html",
        rows=corrections_waiting(),
        kinds=KINDS,
        me=current_actor().person_id,
    )


@blueprint.post("/corrections/<int:correction_id>")
@requires(Permission.MONEY_CONFIRM)
def decide(correction_id: int) -> Response:
    """Confirm a correction that another person proposed, or leave the entry as it is."""
    actor, moment = current_actor(), now()
    with unit_of_work():
        if request.form.get("decision") == "confirm":
            correcting.confirm_correction(actor=actor, correction_id=correction_id, now=moment)
            words = _("Corrected: a new entry takes it back, the old one stays readable.")
        else:
            correcting.decline_correction(actor=actor, correction_id=correction_id, now=moment)
            words = _("Declined: the entry stays as it is.")
    flash(words, "success")
    return redirect(url_for("money.corrections"))

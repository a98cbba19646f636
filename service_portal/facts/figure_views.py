"""One figure of an enterprise: what was said of it, what counts, and the files that prove it."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service_portal.access.actor import ENTERPRISE_ROLES
from service_portal.access.permissions import Permission
from service_portal.access.policy import may, reaches_enterprise
from service_portal.directory.models import Enterprise
from service_portal.facts.kinds import KINDS
from service_portal.facts.models import Fact, FactFile
from service_portal.facts.pages import blueprint, reached_enterprise, sheet_years
from service_portal.facts.proving import prove_figure, take_away
from service_portal.facts.rules import Source
from service_portal.facts.sheet import rows_of
from service_portal.files.handing_out import hand_out
from service_portal.files.sent import sent_files
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing, Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.web.guards import current_actor, requires
from service_portal.web.reading import takes_files


@blueprint.get("/enterprises/<int:enterprise_id>/facts/<int:year>/<fact_code>")
@requires(Permission.FACT_READ)
def figure(enterprise_id: int, year: int, fact_code: str) -> str:
    """Show a figure with everything that was said of it, and its files."""
    return _page(reached_enterprise(enterprise_id, Permission.FACT_READ), year, fact_code)


def _page(enterprise: Enterprise, year: int, code: str, *, wrong: str = "") -> str:
    kind = KINDS.get(code)
    if kind is None or not kind.is_stated or not 2000 <= year <= 2100:
        raise Missing()
    actor = current_actor()
    is_own, may_prove = actor.role in ENTERPRISE_ROLES, may(actor, Permission.FACT_PROVE)
    row = rows_of(enterprise.id, year, code=code)[code]
    decided = [fact.at for fact, _value in row["history"] if fact.source == Source.DECISION]
    return render_template(
        "facts/figure.html",
        enterprise=enterprise,
        year=year,
        kind=kind,
        row=row,
        values={fact.id: value for fact, value in row["history"]},
        is_own=is_own,
        has_sheet=is_own and year in sheet_years(now()),
        may_prove=may_prove,
        removable={
            file.id
            for file in row["files"]
            if may_prove and file.side == actor.side and not any(at > file.at for at in decided)
        },
        may_decide=may(actor, Permission.FACT_DECIDE),
        wrong=wrong,
    )


@blueprint.post("/enterprises/<int:enterprise_id>/facts/<int:year>/<fact_code>/files")
@requires(Permission.FACT_PROVE)
@takes_files
def attach(enterprise_id: int, year: int, fact_code: str) -> Response | tuple[str, int]:
    """Put files on what the actor's side says of a figure."""
    enterprise = reached_enterprise(enterprise_id, Permission.FACT_PROVE)
    try:
        with sent_files() as kept, unit_of_work():
            prove_figure(
                kept,
                actor=current_actor(),
                enterprise_id=enterprise_id,
                year=year,
                code=fact_code,
                now=now(),
            )
    except Refused as refusal:
        return _page(enterprise, year, fact_code, wrong=str(refusal.message)), refusal.status
    flash(_("Attached."), "success")
    return redirect(_address(enterprise_id, year, fact_code))


def _address(enterprise_id: int, year: int, code: str) -> str:
    return url_for("facts.figure", enterprise_id=enterprise_id, year=year, fact_code=code)


@blueprint.get("/facts/files/<int:fact_file_id>")
@requires(Permission.FACT_READ)
def evidence(fact_file_id: int) -> Response:
    """Hand out a figure's file to whoever may read the figure."""
    return hand_out(_file(fact_file_id, Permission.FACT_READ))


def _file(fact_file_id: int, permission: Permission) -> FactFile:
    file = db.session.get(FactFile, fact_file_id)
    if file is None or not reaches_enterprise(current_actor(), permission, file.enterprise_id):
        raise Missing()
    return file


@blueprint.post("/facts/files/<int:fact_file_id>/remove")
@requires(Permission.FACT_PROVE)
def remove_evidence(fact_file_id: int) -> Response:
    """Take a file off a figure again."""
    with unit_of_work():
        file = _file(fact_file_id, Permission.FACT_PROVE)
        fact = db.session.get_one(Fact, file.fact_id)
        address = _address(fact.enterprise_id, fact.year, fact.code)
        take_away(file, actor=current_actor())
    flash(_("Removed."), "success")
    return redirect(address)

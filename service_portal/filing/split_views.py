"""The page on which parts of a request become requests of their own."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import Field as FormField
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length, StopValidation

from service_portal.access.permissions import Permission
from service_portal.catalogue import queries as catalogue
from service_portal.catalogue.forms import plain
from service_portal.filing.moves.change_service import REASON
from service_portal.filing.moves.split import DESCRIPTION, SPLIT, TITLE
from service_portal.filing.pages import blueprint
from service_portal.kernel.clock import now
from service_portal.kernel.errors import Conflict, Refused
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.fields import Text
from service_portal.tickets.moves.registry import open_acts
from service_portal.tickets.queries import see_ticket
from service_portal.tickets.rules import MOST_PARTS, Status
from service_portal.tickets.words import refusal
from service_portal.web.guards import current_actor, requires
from service_portal.web.reading import LineField
from service_portal.web.translations import gettext as _

NUMBERS = range(1, MOST_PARTS + 1)


class PartedForm(FlaskForm):
    """What is said of each part, and why the request is split."""

    def begun(self) -> list[int]:
        """Give the numbers of the parts of which something is said; the first is always meant."""
        return [
            n for n in NUMBERS if n == 1 or self[f"title_{n}"].data or self[f"description_{n}"].data
        ]

    def parts(self) -> list[dict[str, str]]:
        """Give what is said of each part."""
        return [
            {name: self[f"{name}_{n}"].data or "" for name in ("title", "description", "service")}
            for n in self.begun()
        ]


class _IfBegun:
    """Refuses an empty field of a part of which something else is said; the first is always
    meant.
    """

    def __init__(self, n: int) -> None:
        self.field_flags = {"required": True} if n == 1 else {}

    def __call__(self, form: PartedForm, field: FormField) -> None:
        """Look whether something was written."""
        if not field.data:
            if int(field.name.rpartition("_")[2]) in form.begun():
                raise StopValidation(_("Fill this in."))
            raise StopValidation()


def _fields_of(n: int) -> dict[str, Any]:
    return {
        f"title_{n}": LineField(_l("Title of part %(n)d", n=n), **_checked(TITLE, n)),
        f"description_{n}": TextAreaField(
            _l("Description of part %(n)d", n=n), **_checked(DESCRIPTION, n)
        ),
        f"service_{n}": LineField(_l("Service of part %(n)d", n=n), filters=[plain]),
    }


def _checked(one: Any, n: int) -> dict[str, Any]:
    assert isinstance(one, Text)
    length = Length(max=one.most, message=_l("Keep this under %(max)d characters.", max=one.most))
    return {"filters": [plain], "validators": [_IfBegun(n), length]}


_FIELDS = {name: field for n in NUMBERS for name, field in _fields_of(n).items()}
_REASON = TextAreaField(
    REASON.label,
    description=REASON.hint,
    filters=[plain],
    validators=[
        InputRequired(message=REASON.required),
        Length(max=REASON.most, message=_l("Keep this under %(max)d characters.", max=REASON.most)),
    ],
)
SplitForm: type[PartedForm] = type("SplitForm", (PartedForm,), {**_FIELDS, "reason": _REASON})


@blueprint.route("/tickets/<int:ticket_id>/split", methods=["GET", "POST"])
@requires(Permission.TICKET_ACCEPT)
def split(ticket_id: int) -> str | Response | tuple[str, int]:
    """Say what becomes a request of its own, and why; the enterprise reads it."""
    actor = current_actor()
    seen = see_ticket(ticket_id, actor=actor, permission=Permission.TICKET_ACCEPT)
    if SPLIT not in open_acts(seen):
        raise Conflict(refusal(Status(seen.ticket.status)), code="illegal_move")
    if request.method == "GET":
        return _split_page(seen.ticket, SplitForm(meta={"csrf": False}))
    form = SplitForm()
    if not form.validate():
        return _split_page(seen.ticket, form), 422
    parts = form.parts()
    try:
        with unit_of_work():
            SPLIT.service(
                actor=actor,
                ticket_id=ticket_id,
                parts=parts,
                reason=form["reason"].data,
                now=now(),
            )
    except Refused as refused:
        if refused.field is None or not refused.field.endswith(".service"):
            raise
        wrong = form.begun()[int(refused.field.split(".")[1])]
        form[f"service_{wrong}"].errors = [str(refused.message)]
        return _split_page(seen.ticket, form), 422
    flash(
        ngettext(
            "%(num)d part goes on as a request of its own.",
            "%(num)d parts go on as requests of their own.",
            len(parts),
        ),
        "success",
    )
    return redirect(url_for("tickets.show_ticket", ticket_id=ticket_id))


def _split_page(ticket: Ticket, form: PartedForm) -> str:
    offered = catalogue.active_services()
    return render_template(
        "filing/split.html",
        ticket=ticket,
        form=form,
        numbers=NUMBERS,
        begun=form.begun(),
        groups=[
            (category, [one for one in offered if one.category.code == category.code])
            for category in catalogue.categories()
        ],
    )

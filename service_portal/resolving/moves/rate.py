"""Rate: the enterprise says of a closed request what it thinks of it, or changes its mind."""

from __future__ import annotations

from typing import Any

from service_portal.access.permissions import Permission
from service_portal.events.catalog import TicketRated
from service_portal.resolving.moves.verdicts import in_words, say_opinion, verdict_fields, who_calls
from service_portal.resolving.rules import can_change
from service_portal.resolving.services import rate_ticket
from service_portal.tickets.codes import EntryKind
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.declaration import Act, Context
from service_portal.tickets.moves.fields import Sentence
from service_portal.tickets.moves.sentences import Entry, with_comment
from service_portal.tickets.rules import Status
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def _rate(**said: Any) -> Ticket:
    return rate_ticket(**in_words(said))


def _is_rated(on: Context) -> bool:
    return bool(on.head.rating_source == "enterprise")


def _said_before(on: Context) -> tuple[str | None, int | None, str | None] | None:
    head = on.head
    return (head.rating_verdict, head.rating_level, head.rating_comment) if _is_rated(on) else None


def _button(on: Context) -> Sentence:
    return _l("Change my verdict") if _is_rated(on) else _l("Rate")


def _can_change(on: Context) -> bool:
    return can_change(on.head.rating_first_at, on.at)


def _done(ticket: Ticket, _values: dict[str, Any]) -> str:
    kept = _("Thank you. What you say of the result is kept.")
    return " ".join(filter(None, [kept, who_calls(ticket)]))


def _said(entry: Entry) -> str:
    said = _("says of the result: %(verdict)s", verdict=say_opinion(entry.data))
    return with_comment(said, entry.text("comment"))


RATE = Act(
    name="rate",
    kind=EntryKind.VERDICT,
    open_in=frozenset({Status.CLOSED}),
    permission=Permission.TICKET_RATE,
    fields=verdict_fields(
        about_level=("5 is very satisfied, 1 is very dissatisfied; left out, it stays what it was"),
    ),
    button=_button,
    shown=_can_change,
    position=160,
    is_primary=lambda on: not _is_rated(on),
    template="resolving/moves/rate.html",
    depends_on=_said_before,
    done=_done,
    timeline=_said,
    event=TicketRated,
    notice=_l("The enterprise has rated your work."),
    service=_rate,
)

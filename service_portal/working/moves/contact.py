"""Contact: somebody spoke with the enterprise; with evidence it counts once a day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from service_portal.access.permissions import Permission
from service_portal.tickets.choices import CHANNELS
from service_portal.tickets.codes import Purpose
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.fields import Choice, Files, Moment, Number, Text
from service_portal.tickets.moves.sentences import Entry
from service_portal.tickets.rules import Status
from service_portal.tickets.words import NOT_COUNTABLE_WORDS
from service_portal.web.formatting import when
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l
from service_portal.working.services import record_contact


def _said(entry: Entry) -> str:
    said = _(
        "%(channel)s, %(minutes)d min: %(summary)s",
        channel=entry.words("channel", CHANNELS),
        minutes=entry.data.get("minutes", 0),
        summary=entry.text("summary"),
    )
    more = []
    if entry.text("started_at"):
        began = datetime.fromisoformat(entry.text("started_at"))
        more.append(_("began %(when)s", when=when(began)))
    if entry.data.get("attendees", 1) > 1:
        more.append(_("%(n)d people", n=entry.data["attendees"]))
    if entry.counts and entry.text("evidence"):
        more.append(_("what proves it: %(evidence)s", evidence=entry.text("evidence")))
    if (
        entry.counts
        and not entry.data.get("countable", True)
        and entry.words("why", NOT_COUNTABLE_WORDS)
    ):
        more.append(_("not counted: %(why)s", why=entry.words("why", NOT_COUNTABLE_WORDS)))
    return " · ".join([said, *more])


def _record(*, started_at: datetime | None, now: datetime, **said: Any) -> Ticket:
    return record_contact(started_at=started_at or now, now=now, **said)


CONTACT = Act(
    name="contact",
    open_in=frozenset(
        {
            Status.ACCEPTED,
            Status.DISPATCHED,
            Status.IN_PROGRESS,
            Status.ON_HOLD,
            Status.ANSWERED,
        }
    ),
    permission=Permission.TICKET_DELIVER,
    fields=(
        Choice(
            name="channel",
            label=_l("Channel"),
            among=CHANNELS,
            required=_l("Choose how you were in contact."),
            about="how they were in contact",
        ),
        Number(
            name="minutes",
            label=_l("Minutes"),
            least=0,
            most=1440,
            default=0,
            suggested=15,
            about="how long it took",
        ),
        Number(
            name="attendees",
            label=_l("People"),
            least=1,
            most=5000,
            default=1,
            suggested=1,
            about="how many people of the enterprise took part",
        ),
        Moment(name="started_at", label=_l("When it began"), about="when it began"),
        Text(
            name="summary",
            label=_l("What was said or done"),
            required=_l("Say what was said or done."),
            about="what was said or done",
        ),
        Text(
            name="evidence_note",
            label=_l("Evidence"),
            hint=_l("Without evidence it does not count."),
            about="what proves it; without evidence it does not count",
            rows=1,
        ),
    ),
    files=Files(name="evidence_ids", label=_l("Evidence files"), purpose=Purpose.EVIDENCE),
    button=_l("Record a contact"),
    key="c",
    position=80,
    template="working/moves/contact.html",
    done=_l("The contact is recorded."),
    timeline=_said,
    service=_record,
)

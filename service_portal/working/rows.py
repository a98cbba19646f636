"""The rows of the queue in words, made in Python: a template that asks for each of them costs three
times as much, and this page is open all day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from markupsafe import Markup

from service_portal.catalogue.queries import services
from service_portal.kernel.db import AnyRow
from service_portal.sla.queries import calendar_for
from service_portal.sla.words import due_both
from service_portal.tickets.badges import badge, light
from service_portal.tickets.codes import Side
from service_portal.tickets.moves.declaration import Act
from service_portal.tickets.moves.registry import row_act
from service_portal.tickets.rules import Status
from service_portal.web.formatting import brief
from service_portal.web.language import language


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A row as it is read.

    `here` is the address of its ticket; `act` is the next step, if it is one to take from the list;
    `owner` is empty when nobody has it.
    """

    id: int
    here: str
    reference: str
    title: str
    urgent: bool
    service: str
    whom: str
    act: Act | None
    act_label: str
    state: Markup
    light: int
    light_mark: Markup
    due_at: str
    due_title: str
    due_words: str
    owner: str
    by_enterprise: bool
    last: Markup


def queue_rows(rows: Sequence[AnyRow], at: datetime) -> list[QueueRow]:
    """Say some rows in the reader's language."""
    spoken, calendar, offered = language(), calendar_for()[1], services()
    names = {code: service.definition.name.pick(spoken) for code, service in offered.items()}
    tickets = url_for("tickets.show_ticket", ticket_id=0).removesuffix("0")
    zh = spoken == "zh"
    acts = {str(status): row_act(status) for status in Status}
    labels = {act: str(act.button) if act else "" for act in acts.values()}

    def one(row: AnyRow) -> QueueRow:
        due_at = row.next_due_at
        short, whole = due_both(due_at, at, calendar)
        act = acts[row.status]
        return QueueRow(
            row.id,
            f"{tickets}{row.id}",
            row.reference,
            row.title,
            row.urgent,
            names.get(row.service_code, row.service_code),
            _named(row.enterprise_en, row.enterprise_zh, zh=zh),
            act,
            labels[act],
            badge(row.status),
            row.light,
            light(row.light),
            due_at.isoformat() if due_at else "",
            whole if due_at else "",
            short if due_at else "",
            _named(row.owner_en, row.owner_zh, zh=zh),
            row.last_word_by == Side.ENTERPRISE,
            brief(row.last_word_at),
        )

    return [one(row) for row in rows]


def _named(en: str | None, zh_name: str | None, *, zh: bool) -> str:
    return ((zh_name or en) if zh else (en or zh_name)) or ""

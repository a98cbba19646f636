"""What the ticket page shows, in a fixed handful of statements whatever the ticket's age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.kernel.db import AnyRow, db
from service_portal.sla.codes import ClockKind
from service_portal.tickets.clock_models import Clock, ClockPause
from service_portal.tickets.clock_queries import IN_ORDER
from service_portal.tickets.codes import Audience, ClockOutcome, Purpose
from service_portal.tickets.decisions import decisions_of
from service_portal.tickets.models import Attachment, TimelineEntry
from service_portal.tickets.own_part import own_file, own_line, own_word, reader_of
from service_portal.tickets.predicates import IS_ONLY_LIVE_OFFER

_HEAD = sa.text(f"""
    SELECT e.name_en AS enterprise_en, e.name_zh AS enterprise_zh, e.uscc, p.name_en AS park_en,
        p.name_zh AS park_zh,
        s.name_en AS station_en, s.name_zh AS station_zh, s.phone AS station_phone,
        m.name_en AS owner_en, m.name_zh AS owner_zh, m.phone AS owner_phone,
        i.name_en AS institution_en, i.name_zh AS institution_zh,
        o.id AS offer_id, o.state AS offer_state, o.answer_due_at,
            o.institution_id AS offer_institution_id,
        oi.name_en AS offered_en, oi.name_zh AS offered_zh,
        r.level AS rating_level, r.verdict AS rating_verdict, r.comment AS rating_comment,
            r.source AS rating_source,
            CASE r.source WHEN 'enterprise' THEN coalesce(r.first_at, r.at) END
                AS rating_first_at,
        (SELECT pause.party FROM clock AS c JOIN clock_pause AS pause ON pause.clock_id = c.id
            WHERE c.ticket_id = t.id AND c.kind = 'resolve' AND pause.to_at IS NULL) AS held_for
    FROM ticket AS t
    JOIN enterprise AS e ON e.id = t.enterprise_id JOIN park AS p ON p.id = t.park_id
    LEFT JOIN station AS s ON s.id = t.station_id LEFT JOIN member AS m ON m.id = t.owner_id
    LEFT JOIN institution AS i ON i.id = t.institution_id
    LEFT JOIN offer AS o ON o.ticket_id = t.id AND {IS_ONLY_LIVE_OFFER.of("o")}
    LEFT JOIN institution AS oi ON oi.id = o.institution_id
    LEFT JOIN rating AS r ON r.ticket_id = t.id AND r.cycle = t.cycle
    WHERE t.id = :id
""")

_TALK = sa.text(f"""
    SELECT newest.*, p.name_en AS person_en, p.name_zh AS person_zh, s.name_en AS station_en,
        s.name_zh AS station_zh, o.name_en AS member_en, o.name_zh AS member_zh,
        i.name_en AS institution_en, i.name_zh AS institution_zh
    FROM (
        SELECT 'message' AS what, m.id, m.at, m.author_name AS name, m.author_id AS person_id,
            m.author_role AS role, m.audience, m.body, NULL AS kind, '{{}}'::jsonb AS data,
            NULL AS to_status
        FROM message AS m WHERE m.ticket_id = :id AND m.institution_id IS NULL
            AND (:internal OR m.audience = 'shared') AND {own_word("m.author_role", "m.at", ":id")}
        UNION ALL
        SELECT 'entry', t.id, t.at, t.actor_name, t.actor_person_id, t.actor_role, t.audience, NULL,
            t.kind, t.data, t.to_status
        FROM timeline_entry AS t WHERE t.ticket_id = :id AND (:internal OR t.audience = 'all')
            AND {own_word("t.actor_role", "t.at", ":id")} AND {own_line("t")}
        ORDER BY at DESC, id DESC LIMIT CAST(:most AS bigint)
    ) AS newest
    LEFT JOIN person AS p ON p.id = newest.person_id
    LEFT JOIN station AS s ON s.id = CAST(newest.data ->> 'station_id' AS bigint)
    LEFT JOIN member AS o ON o.id = CAST(newest.data ->> 'member_id' AS bigint)
    LEFT JOIN institution AS i ON i.id = CAST(newest.data ->> 'institution_id' AS bigint)
    ORDER BY at, what, newest.id
""")

_NAMES = sa.text("""
    SELECT 'station' AS kind, id, name_en, name_zh FROM station WHERE id = ANY(:stations)
    UNION ALL SELECT 'member', id, name_en, name_zh FROM member WHERE id = ANY(:members)
    UNION ALL SELECT 'institution', id, name_en, name_zh FROM institution
    WHERE id = ANY(:institutions)
""")

# What was split off shows the files with which its request had come until then.
_FIRST_ONES_FILE = sa.text(f"""attachment.purpose = '{Purpose.REQUEST}'
    AND attachment.ticket_id = (SELECT t.split_from_id FROM ticket AS t WHERE t.id = :ticket)
    AND attachment.at <= (SELECT t.filed_at FROM ticket AS t WHERE t.id = :ticket)""")

# Built once: putting a statement together costs more than sending it.
_FILES = (
    sa.select(Attachment.id, Attachment.file_name, Attachment.size, Attachment.purpose)
    .where(
        sa.or_(Attachment.ticket_id == sa.bindparam("ticket"), _FIRST_ONES_FILE),
        Attachment.institution_id.is_(None),
        sa.or_(sa.bindparam("internal", type_=sa.Boolean), Attachment.audience == Audience.SHARED),
        sa.text(own_file("attachment", ":ticket")),
    )
    .order_by(Attachment.id)
)
_CLOCKS = (
    sa.select(Clock, ClockPause)
    .outerjoin(
        ClockPause, sa.and_(ClockPause.clock_id == Clock.id, Clock.kind == ClockKind.RESOLVE)
    )
    .where(Clock.ticket_id == sa.bindparam("ticket"), Clock.offer_id.is_(None))
    .order_by(ClockPause.id)
)

MOST_LINES = 300


@dataclass(frozen=True, slots=True)
class Page:
    """The parts of a ticket page."""

    head: Any
    talk: Sequence[Any]
    names: dict[tuple[str, int], Any]
    clocks: Sequence[Clock]
    files: Sequence[AnyRow]
    decisions: Sequence[AnyRow]
    pauses: Sequence[ClockPause]


def read_head(ticket_id: int) -> Any:
    """Read the names around a ticket: its enterprise, station, owner and institution."""
    return db.session.execute(_HEAD, {"id": ticket_id}).one()


def read_page(
    ticket_id: int, *, actor: Actor, internal: bool, decisions: bool, whole: bool = False
) -> Page:
    """Read a ticket's page for its reader: four statements, one more with decisions.

    `internal` shows notes and staff lines.
    """
    head = read_head(ticket_id)
    talk = talk_of(ticket_id, actor=actor, internal=internal, whole=whole)
    reader = {"internal": internal, "institution": reader_of(actor)}
    files = db.session.execute(_FILES, {"ticket": ticket_id, **reader}).all()
    clocks, pauses = _clocks(ticket_id)
    made = decisions_of(ticket_id) if decisions else []
    return Page(head, talk, named_in(talk), clocks, files, made, pauses)


def _clocks(ticket_id: int) -> tuple[list[Clock], list[ClockPause]]:
    """Read the clocks in the order of the journey, and when and why the promise of the answer stood
    still.

    A run that was cancelled because its promise was made again is left out.
    """
    rows = db.session.execute(_CLOCKS, {"ticket": ticket_id}).all()
    clocks = sorted(
        {row.Clock.id: row.Clock for row in rows}.values(),
        key=lambda clock: (clock.cycle, IN_ORDER[clock.kind], clock.run),
    )
    newest = {clock.kind: clock.run for clock in clocks}
    shown = [
        clock
        for clock in clocks
        if clock.outcome != ClockOutcome.CANCELLED or clock.run == newest[clock.kind]
    ]
    return shown, [row.ClockPause for row in rows if row.ClockPause is not None]


def talk_of(ticket_id: int, *, actor: Actor, internal: bool, whole: bool = False) -> Sequence[Any]:
    """Read conversation and history as one list, oldest first; of a very long one the newest 300
    lines, unless the `whole` is wanted.
    """
    most = None if whole else MOST_LINES
    reader = {"internal": internal, "institution": reader_of(actor)}
    return db.session.execute(_TALK, {"id": ticket_id, "most": most, **reader}).all()


class Named(NamedTuple):
    """The name of a station, member or institution."""

    name_en: str
    name_zh: str


def named_in(talk: Sequence[Any]) -> dict[tuple[str, int], Named]:
    """Give the names that came with a conversation."""
    return {
        (kind, line.data[f"{kind}_id"]): Named(
            getattr(line, f"{kind}_en"), getattr(line, f"{kind}_zh")
        )
        for line in talk
        for kind in ("station", "member", "institution")
        if getattr(line, f"{kind}_en") is not None
    }


def names_in(talk: Sequence[Any]) -> dict[tuple[str, int], Any]:
    """Read the names of the stations, members and institutions a conversation speaks of."""
    ids: dict[str, set[int]] = {"station": set(), "member": set(), "institution": set()}
    for line in talk:
        for kind, found in ids.items():
            if f"{kind}_id" in line.data:
                found.add(line.data[f"{kind}_id"])
    if not any(ids.values()):
        return {}
    rows = db.session.execute(_NAMES, {f"{kind}s": list(found) for kind, found in ids.items()})
    return {(row.kind, row.id): row for row in rows}


_SENDINGS = (
    sa.select(TimelineEntry.id, TimelineEntry.kind, TimelineEntry.data)
    .where(
        TimelineEntry.ticket_id == sa.bindparam("ticket"),
        TimelineEntry.kind.in_(["file", "resubmit"]),
    )
    .order_by(TimelineEntry.id)
)


def sendings_of(ticket_id: int) -> Sequence[Any]:
    """Read the lines of a ticket's timeline by which it was sent, the first time and again."""
    return db.session.execute(_SENDINGS, {"ticket": ticket_id}).all()

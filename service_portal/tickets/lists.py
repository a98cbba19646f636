"""Lists of tickets: sorted by risk, found by words, cut into pages that cost the same however deep
they lie.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.directory.models import Enterprise, Institution, Member, Station
from service_portal.directory.queries import parks
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import AnyRow, db
from service_portal.tickets import predicates
from service_portal.tickets.models import Ticket, TicketWords
from service_portal.tickets.search import query_tokens, references_meant
from service_portal.tickets.visibility import visible_to
from service_portal.web.paging import before

LOOKED_AT, RARE = 2_000, 4
# No ticket is older, not even of a recorded log.
FIRST_YEAR = 2010
FAR = datetime(9999, 1, 1, tzinfo=UTC)
IS_OPEN = sa.text(str(predicates.IS_OPEN))

LINE = (
    Ticket.id,
    Ticket.reference,
    Ticket.title,
    Ticket.service_code,
    Ticket.status,
    Ticket.light,
    Ticket.supervision_level,
    Ticket.urgent,
    Ticket.next_due_at,
    Ticket.resolve_due_at,
    Ticket.filed_at,
    Ticket.last_word_at,
    Ticket.last_word_by,
    Ticket.owner_id,
    Ticket.waiting_reason,
    Ticket.effort_points,
    Ticket.closed_at,
    Ticket.bounces,
    Enterprise.name_en.label("enterprise_en"),
    Enterprise.name_zh.label("enterprise_zh"),
    Member.name_en.label("owner_en"),
    Member.name_zh.label("owner_zh"),
    Station.name_en.label("station_en"),
    Station.name_zh.label("station_zh"),
    Ticket.institution_id,
    Institution.name_en.label("institution_en"),
    Institution.name_zh.label("institution_zh"),
)


QUEUE_LINE = (
    Ticket.id,
    Ticket.reference,
    Ticket.title,
    Ticket.service_code,
    Ticket.status,
    Ticket.light,
    Ticket.urgent,
    Ticket.next_due_at,
    Ticket.last_word_at,
    Ticket.last_word_by,
    Enterprise.name_en.label("enterprise_en"),
    Enterprise.name_zh.label("enterprise_zh"),
    Member.name_en.label("owner_en"),
    Member.name_zh.label("owner_zh"),
)


def lines() -> sa.Select[*tuple[Any, ...]]:
    """Begin a query of list lines."""
    return (
        sa.select(*LINE)
        .join(Enterprise, Enterprise.id == Ticket.enterprise_id)
        .outerjoin(Member, Member.id == Ticket.owner_id)
        .outerjoin(Station, Station.id == Ticket.station_id)
        .outerjoin(Institution, Institution.id == Ticket.institution_id)
    )


def by_risk(
    where: Sequence[sa.ColumnElement[bool]], *, size: int, cursor: list[Any] | None = None
) -> sa.Select[*tuple[Any, ...]]:
    """Give the statement for one more than `size` open tickets: what is due first comes first, what
    has no deadline last.
    """
    picked = (
        sa.select(Ticket.id)
        .where(IS_OPEN, *where)
        .order_by(Ticket.next_due_at.asc().nulls_last(), Ticket.id)
        .limit(size + 1)
    )
    if cursor:
        due, last_id = cursor
        if due is None:
            picked = picked.where(Ticket.next_due_at.is_(None), Ticket.id > last_id)
        else:
            later = sa.or_(
                Ticket.next_due_at > due,
                sa.and_(Ticket.next_due_at == due, Ticket.id > last_id),
                Ticket.next_due_at.is_(None),
            )
            picked = picked.where(later)
    chosen = picked.subquery()
    return (
        sa.select(*QUEUE_LINE)
        .join(Enterprise, Enterprise.id == Ticket.enterprise_id)
        .outerjoin(Member, Member.id == Ticket.owner_id)
        .join(chosen, chosen.c.id == Ticket.id)
        .order_by(Ticket.next_due_at.asc().nulls_last(), Ticket.id)
    )


def count_up_to(
    lists: Mapping[str, Sequence[sa.ColumnElement[bool]]], *, most: int = 100
) -> sa.Select[*tuple[Any, ...]]:
    """Give the statement that counts the open tickets of several lists at once, but looks at no
    more than `most` of each.
    """
    counted = []
    for name, where in lists.items():
        some = sa.select(Ticket.id).where(IS_OPEN, *where).limit(most).subquery()
        counted.append(sa.select(sa.func.count()).select_from(some).scalar_subquery().label(name))
    return sa.select(*counted)


def found_by(text: str, *, now: datetime) -> sa.ColumnElement[bool] | None:
    """Give the condition that a ticket holds every word of a search; None when nothing was typed.

    What holds no word, such as `%`, is found nowhere.
    """
    tokens = query_tokens(text)
    if not tokens:
        return sa.false() if text.strip() else None
    numbered = references_of(text, now=now)
    if numbered:
        return Ticket.id.in_(_holding_any([*tokens, *numbered]))
    return Ticket.id.in_(
        sa.select(TicketWords.ticket_id).where(
            TicketWords.words.contains(sa.cast(tokens, ARRAY(sa.Text)))
        )
    )


def references_of(text: str, *, now: datetime) -> list[str]:
    """Give the references, in lower case, that a typed number may stand for in this zone."""
    years = range(FIRST_YEAR, now.astimezone(zone_time()).year + 1)
    return references_meant(text, parks=[park.code for park in parks()], years=years)


def _holding_any(words: Sequence[str]) -> sa.Select[int]:
    wanted = sa.cast(list(words), ARRAY(sa.Text))
    return sa.select(TicketWords.ticket_id).where(TicketWords.words.overlap(wanted))


def numbered(actor: Actor, text: str, *, now: datetime) -> Sequence[int]:
    """Give the tickets that the actor may open under a typed number or reference, those too that
    are not in their lists any more.
    """
    references = references_of(text, now=now)
    if not references:
        return []
    where = (visible_to(actor, Permission.TICKET_VIEW), Ticket.id.in_(_holding_any(references)))
    return db.session.scalars(sa.select(Ticket.id).where(*where)).all()


_LATELY = sa.text("""
    SELECT count(*)
    FROM (SELECT words FROM ticket_words ORDER BY ticket_id DESC LIMIT :looked_at) AS newest
    WHERE words @> CAST(:words AS text[])
""")


def found_among_all(text: str, *, now: datetime) -> sa.ColumnElement[bool] | None:
    """Give the condition of `found_by` for a list of all tickets, newest first.

    Going back from the newest finds a page of common words at once, but would read every ticket for
    a word that is rare or nowhere; of such a word all tickets are taken out of the index first.
    Which one it is a look at the newest tickets tells.
    """
    tokens = query_tokens(text)
    if references := references_of(text, now=now):
        some = _holding_any([*tokens, *references]).cte("numbered").prefix_with("MATERIALIZED")
        return Ticket.id.in_(sa.select(some.c.ticket_id))
    if not tokens or db.session.scalar(_LATELY, {"words": tokens, "looked_at": LOOKED_AT}) > RARE:
        return found_by(text, now=now)
    rare = (
        sa.select(TicketWords.ticket_id)
        .where(TicketWords.words.contains(sa.cast(tokens, ARRAY(sa.Text))))
        .cte("rare")
        .prefix_with("MATERIALIZED")
    )
    return Ticket.id.in_(sa.select(rare.c.ticket_id))


def newest(
    actor: Actor, where: Sequence[sa.ColumnElement[bool]], *, cursor: list[Any] | None, size: int
) -> Sequence[AnyRow]:
    """Read one more than `size` of the tickets the actor may see, newest first."""
    picked = (
        sa.select(Ticket.id)
        .where(visible_to(actor), *where)
        .order_by(Ticket.id.desc())
        .limit(size + 1)
    )
    if cursor:
        picked = picked.where(before([Ticket.id], cursor))
    chosen = picked.subquery()
    return db.session.execute(
        lines().join(chosen, chosen.c.id == Ticket.id).order_by(Ticket.id.desc())
    ).all()

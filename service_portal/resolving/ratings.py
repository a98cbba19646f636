"""What an enterprise says of a result: the last word in a row, every word in the timeline."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from service_portal.access.actor import Actor
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.tickets.codes import RatingSource
from service_portal.tickets.models import Rating, Ticket
from service_portal.tickets.rules import Verdict


class Opinion(NamedTuple):
    """What is said of a result, as far as anything is."""

    level: int | None = None
    verdict: str | None = None
    comment: str = ""

    @property
    def says_something(self) -> bool:
        """Say whether anything is said."""
        return self != Opinion()

    def facts(self) -> dict[str, int | str]:
        """Give what is said as a line of the timeline keeps it."""
        return {name: word for name, word in self._asdict().items() if word}


def keep_opinion(ticket: Ticket, said: Opinion, *, actor: Actor, now: datetime) -> None:
    """Keep what an enterprise says of the present cycle of a locked ticket, in place of what it
    said before; when it said something first stays.

    Raises Refused for a level or a verdict that there is not.
    """
    if said.level is not None and not 1 <= said.level <= 5:
        raise Refused(_("Choose one of the five levels."), field="level")
    if said.verdict is not None and said.verdict not in set(Verdict):
        raise Refused(_("Say whether it is solved."), field="verdict")
    values = {
        **said._asdict(),
        "source": RatingSource.ENTERPRISE,
        "person_id": actor.person_id,
        "at": now,
    }
    said_first = sa.case(
        (Rating.source == RatingSource.NONE, now),
        else_=sa.func.coalesce(Rating.first_at, Rating.at),
    )
    db.session.execute(
        insert(Rating)
        .values(
            ticket_id=ticket.id,
            cycle=ticket.cycle,
            enterprise_id=ticket.enterprise_id,
            first_at=now,
            **values,
        )
        .on_conflict_do_update(
            index_elements=["ticket_id", "cycle"], set_={**values, "first_at": said_first}
        )
    )


def keep_silence(ticket: Ticket, *, now: datetime) -> None:
    """Keep that nothing was said of the present cycle of a ticket."""
    db.session.execute(
        insert(Rating)
        .values(
            ticket_id=ticket.id,
            cycle=ticket.cycle,
            enterprise_id=ticket.enterprise_id,
            level=None,
            source=RatingSource.NONE,
            at=now,
        )
        .on_conflict_do_nothing()
    )


def opinion_of(ticket: Ticket) -> tuple[Opinion, datetime | None]:
    """Give what an enterprise has said of the present cycle of a locked ticket, and when it said
    something first.
    """
    row = db.session.get(Rating, (ticket.id, ticket.cycle), populate_existing=True)
    if row is None or row.source == RatingSource.NONE:
        return Opinion(), None
    return Opinion(row.level, row.verdict, row.comment), row.first_at or row.at

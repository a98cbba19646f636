"""People are named in the reader's language, whoever wrote in which."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from service_portal.people.models import Person
from service_portal.tickets.models import Message, Ticket, TimelineEntry
from tests.factories.usage import create_answered
from tests.signing_in import SignIn


@pytest.fixture
def ticket(db_session: None) -> Ticket:
    """A ticket on which a Chinese and an English name were written down as they signed in."""
    made = create_answered()
    names = {"name_en": "Zihan Lin", "name_zh": "林子涵"}
    handler = sa.select(Message.author_id).where(Message.ticket_id == made.id)
    db.session.execute(
        sa.update(Person).where(Person.id == db.session.scalar(handler)).values(names)
    )
    db.session.commit()
    return made


@pytest.mark.parametrize(
    ("locale", "shown", "hidden"), [("en", "Zihan Lin", "林子涵"), ("zh", "林子涵", "Zihan Lin")]
)
def test_the_conversation_names_people_in_the_readers_language(
    ticket: Ticket, client_as: SignIn, locale: str, shown: str, hidden: str
) -> None:
    page = client_as(Role.MANAGER, locale=locale).get(f"/tickets/{ticket.id}").text
    talk = page[page.index('<ol class="talk"') : page.index("</ol>")]
    assert shown in talk
    assert hidden not in talk


def test_who_is_not_known_any_more_keeps_the_name_of_then(
    db_session: None, client_as: SignIn
) -> None:
    ticket = create_answered()
    db.session.add(
        TimelineEntry(
            ticket_id=ticket.id,
            enterprise_id=ticket.enterprise_id,
            at=ticket.filed_at,
            kind="start",
            actor_role="station_member",
            actor_name="Somebody Former",
        )
    )
    db.session.commit()
    assert "Somebody Former" in client_as(Role.MANAGER).get(f"/tickets/{ticket.id}").text

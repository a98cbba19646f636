"""What a person was told of a ticket lasts as long as their right to see it: in the bell, in its
number, and in mails that wait.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Role
from service_portal.access.permissions import Permission
from service_portal.access.policy import can
from service_portal.accounts.models import Membership
from service_portal.accounts.services import set_active
from service_portal.kernel.db import db
from service_portal.notifications.models import Notification, NotificationDelivery
from service_portal.notifications.queries import bell, unread_count
from service_portal.notifications.services import MAILS, mail_of
from service_portal.tickets.models import Ticket
from service_portal.tickets.queries import facts_of
from service_portal.tickets.visibility import roles_of, visible_in, visible_to
from tests.factories.accounts import create_person
from tests.factories.messages import create_message
from tests.factories.tickets import TUESDAY, create_ticket
from tests.security.world import World
from tests.signing_in import SignedIn, SignIn

LATER = "A later title that is nobody else's business"

Change = Callable[[SignedIn, Ticket], None]


def end_role(client: SignedIn, _ticket: Ticket) -> None:
    """End the role in which somebody was told."""
    membership = db.session.get_one(Membership, client.actor.membership_id)
    membership.ended_at = TUESDAY


def end_account(client: SignedIn, _ticket: Ticket) -> None:
    """Keep somebody out."""
    set_active(client.person.id, active=False, now=TUESDAY)


def move_away(_client: SignedIn, ticket: Ticket) -> None:
    """Give the case to another station and another owner."""
    ticket.station_id, ticket.owner_id = 1, None


CHANGES: dict[str, Change] = {
    "role_ended": end_role,
    "inactive": end_account,
    "not_visible": move_away,
}


def how_it_ended() -> tuple[str, str | None]:
    """Give the state of the only mail, and why it was dropped."""
    mail = db.session.scalars(sa.select(NotificationDelivery)).one()
    db.session.refresh(mail)
    return mail.state, mail.drop_reason


@pytest.fixture
def told(client_as: SignIn) -> tuple[SignedIn, Ticket]:
    """Give a member whose bell and mailbox were promised a word about a case of theirs."""
    client = client_as(Role.STATION_MEMBER)
    ticket = create_ticket()
    ticket.station_id, ticket.owner_id = client.actor.station_id, client.actor.member_id
    db.session.flush()
    create_message(
        client.person.id,
        kind="ticket.redone",
        at=TUESDAY,
        membership_id=client.actor.membership_id,
        ticket_id=ticket.id,
        enterprise_id=ticket.enterprise_id,
    )
    db.session.commit()
    return client, ticket


def test_who_may_see_a_ticket_is_told_of_it(told: tuple[SignedIn, Ticket]) -> None:
    client, ticket = told
    assert unread_count(client.actor) == 1
    assert ticket.title in client.get("/notifications").text
    lease = MAILS.claim()
    assert lease is not None
    mail = mail_of(lease, base_url="http://localhost")
    assert mail is not None and ticket.title in mail.body


@pytest.mark.parametrize("reason", CHANGES)
def test_a_mail_whose_reader_may_no_longer_know_is_dropped_with_the_reason(
    told: tuple[SignedIn, Ticket], reason: str
) -> None:
    client, ticket = told
    CHANGES[reason](client, ticket)
    ticket.title = LATER
    db.session.commit()
    lease = MAILS.claim()
    assert lease is not None and mail_of(lease, base_url="http://localhost") is None
    assert how_it_ended() == ("dropped", reason)
    assert MAILS.claim() is None


@pytest.mark.parametrize("reason", CHANGES)
def test_the_bell_shows_nothing_of_what_its_reader_may_no_longer_see(
    told: tuple[SignedIn, Ticket], reason: str
) -> None:
    client, ticket = told
    CHANGES[reason](client, ticket)
    ticket.title = LATER
    db.session.commit()
    assert unread_count(client.actor) == 0
    assert bell(client.actor, before_id=None, size=10) == []


@pytest.fixture
def told_of_account(client_as: SignIn) -> SignedIn:
    """Give an owner whose bell and mailbox were promised a word about their account."""
    client = client_as(Role.ENTERPRISE_OWNER)
    promise_about_account(client.person.id, of=client.person.id)
    return client


def promise_about_account(reader_id: int, *, of: int) -> None:
    """Promise somebody a word about an account, in the bell and by mail."""
    create_message(
        reader_id, kind="second_factor.removed", at=TUESDAY, subject_kind="person", subject_id=of
    )
    db.session.commit()


def test_a_person_is_told_of_their_account_in_the_bell_and_by_mail(
    told_of_account: SignedIn,
) -> None:
    page = told_of_account.get("/notifications").text
    assert "Your second factor was reset." in page and 'href="/settings"' in page
    lease = MAILS.claim()
    assert lease is not None
    mail = mail_of(lease, base_url="http://localhost/")
    assert mail is not None and mail.subject.startswith("Your second factor was reset.")
    assert "http://localhost/settings" in mail.body and "None" not in mail.body


@pytest.mark.parametrize("reason", ["role_ended", "inactive"])
def test_a_mail_about_an_account_is_dropped_with_the_reason_too(
    told_of_account: SignedIn, reason: str
) -> None:
    CHANGES[reason](told_of_account, create_ticket())
    db.session.commit()
    lease = MAILS.claim()
    assert lease is not None and mail_of(lease, base_url="http://localhost") is None
    assert how_it_ended() == ("dropped", reason)


def test_nobody_is_told_of_the_account_of_another(client_as: SignIn) -> None:
    client, other = client_as(Role.ADMINISTRATOR), create_person()
    promise_about_account(client.person.id, of=other.id)
    assert unread_count(client.actor) == 0
    assert bell(client.actor, before_id=None, size=10) == []
    lease = MAILS.claim()
    assert lease is not None and mail_of(lease, base_url="http://localhost") is None


def test_what_the_release_before_subjects_said_of_an_account_stays_in_the_bell(
    client_as: SignIn,
) -> None:
    client = client_as(Role.ENTERPRISE_OWNER)
    db.session.add(
        Notification(
            source="event-3",
            person_id=client.person.id,
            channel="app",
            kind="second_factor.removed",
            state="sent",
            created_at=TUESDAY,
        )
    )
    db.session.commit()
    assert 'href="/settings"' in client.get("/notifications").text


def test_a_role_in_another_organisation_shows_nothing_of_the_former(
    told: tuple[SignedIn, Ticket], client_as: SignIn
) -> None:
    client, ticket = told
    end_role(client, ticket)
    other = client_as(Role.ENTERPRISE_OWNER, person=client.person)
    page = other.get("/notifications").text
    assert ticket.title not in page and ticket.reference not in page


def test_a_person_with_two_roles_keeps_what_either_may_see(
    told: tuple[SignedIn, Ticket], client_as: SignIn
) -> None:
    client, _ticket = told
    other = client_as(Role.ENTERPRISE_OWNER, person=client.person)
    assert unread_count(other.actor) == 1


def test_the_policy_and_its_condition_in_sql_say_the_same_of_everybody(fresh_app: Flask) -> None:
    with fresh_app.app_context():
        world = World(fresh_app)
        people = [one for side in world.sides.values() for one in side.people.values()]
        people += list(world.zone.values())
        tickets = db.session.scalars(sa.select(Ticket).order_by(Ticket.id)).all()
        assert len(people) > 15 and len(tickets) > 20
        for one in people:
            allowed = {
                ticket.id
                for ticket in tickets
                if can(one.actor, Permission.TICKET_VIEW, facts_of(ticket))
            }
            by_actor = sa.select(Ticket.id).where(visible_to(one.actor, Permission.TICKET_VIEW))
            by_roles = sa.select(Ticket.id).where(
                visible_in(roles_of(sa.literal(one.actor.person_id)))
            )
            assert set(db.session.scalars(by_actor)) == allowed, one.actor
            assert set(db.session.scalars(by_roles)) == allowed, one.actor
        nobody = create_person()
        assert not db.session.scalars(
            sa.select(Ticket.id).where(visible_in(roles_of(sa.literal(nobody.id))))
        ).all()

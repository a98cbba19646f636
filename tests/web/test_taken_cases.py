"""The page of a case that an institution has taken, and of one that came back from it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from service_portal.access.actor import Actor
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.people.models import Person
from tests.services.taken import Taken, taken
from tests.signing_in import SignedIn, SignIn
from tests.web.markup import flat


@pytest.fixture
def browser_of(client_as: SignIn) -> Callable[[Actor], SignedIn]:
    """Open the browser of somebody who has an account."""

    def open_for(actor: Actor) -> SignedIn:
        db.session.commit()
        return client_as(person=db.session.get_one(Person, actor.person_id))

    return open_for


@pytest.fixture
def case(db_session: None) -> Taken:
    """A case that an institution has taken."""
    return taken(now=now())


def test_who_has_it_and_the_station_read_until_when_and_the_enterprise_its_promise_alone(
    case: Taken, browser_of: Callable[[Actor], SignedIn]
) -> None:
    page = f"/tickets/{case.ticket.id}"
    assert "Your own time for it" in flat(browser_of(case.institution).get(page).text)
    assert "The institution's own time" in flat(browser_of(case.member).get(page).text)
    assert "own time" not in flat(browser_of(case.asker).get(page).text)

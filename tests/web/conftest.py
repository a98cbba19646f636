"""Who the tests of pages let in."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from service_portal.access.actor import Role
from tests.factories.directory import station
from tests.signing_in import SignedIn, SignIn


@pytest.fixture
def admin(client_as: SignIn) -> FlaskClient:
    """An administrator's browser."""
    return client_as(Role.ADMINISTRATOR)


@pytest.fixture
def member(client_as: SignIn) -> SignedIn:
    """A member of the station, in whose hands the ticket lies."""
    return client_as(Role.STATION_MEMBER, station_id=station().id)

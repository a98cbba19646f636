"""Who the tests of pages let in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from service_portal.access.actor import Role


@pytest.fixture
def admin(client_as: Callable[..., FlaskClient]) -> FlaskClient:
    """An administrator's browser."""
    return client_as(Role.ADMINISTRATOR)

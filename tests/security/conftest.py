"""Requests that come one after the other in a test know nothing of each other, as those of a
server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, g, request_started

from service_portal.people.models import Person
from tests.phones import MOMENT, Phone, set_up, somebody


@pytest.fixture(autouse=True)
def strangers() -> Iterator[None]:
    """Let no request find who was signed in at the one before; a test that holds the application's
    context would keep them.
    """

    def forget(*_about: Any, **_more: Any) -> None:
        g.pop("_login_user", None)

    with request_started.connected_to(forget):
        yield


@pytest.fixture
def zone(app: Flask, db_session: None, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A zone that is no demo."""
    monkeypatch.setitem(app.config, "DEMO", False)
    return app


@pytest.fixture
def owner(zone: Flask, clock: Callable) -> tuple[Person, Phone, list[str]]:
    """Somebody with a second factor, a minute later."""
    clock(MOMENT)
    person = somebody()
    phone, codes = set_up(zone, person, MOMENT)
    clock(MOMENT + timedelta(minutes=1))
    return person, phone, codes


@pytest.fixture
def limits(app: Flask) -> Iterator[dict[str, Any]]:
    """The settings of what one side may do, put back afterwards."""
    names = ("FILINGS_PER_MINUTE", "FILES_PER_TICKET", "STORAGE_PER_ENTERPRISE_MB")
    kept = {name: app.config[name] for name in names}
    app.extensions.pop("portal_pace", None)
    yield app.config
    app.config.update(kept)
    app.extensions.pop("portal_pace", None)

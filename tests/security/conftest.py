"""Requests that come one after the other in a test know nothing of each other, as those of a server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import g, request_started


@pytest.fixture(autouse=True)
def strangers() -> Iterator[None]:
    """Let no request find who was signed in at the one before; a test that holds the application's context would keep them."""

    def forget(*_about: Any, **_more: Any) -> None:
        g.pop("_login_user", None)

    with request_started.connected_to(forget):
        yield

"""Who sends slowly holds no connection to the database meanwhile."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from flask import Flask

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from service_portal.web.slow_bodies import SMALL
from tests.services.programs import FILING, program_of
from tests.signing_in import SignIn


class Noting(io.BytesIO):
    """A body that notes whether a transaction was open whenever it was read."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.in_transaction = set[bool]()

    def read(self, size: int | None = -1) -> bytes:
        """Read up to so many bytes."""
        self.in_transaction.add(db.session().in_transaction())
        return super().read(size)

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer."""
        self.in_transaction.add(db.session().in_transaction())
        return super().readinto(buffer)


@pytest.mark.parametrize("path", ["/sign-in", "/tickets/new/POL-03"])
def test_a_form_is_read_before_the_database_is_asked(
    app: Flask,
    client_as: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    client = client_as(Role.ENTERPRISE_STAFF)
    db.session.commit()
    part = b'--b\r\nContent-Disposition: form-data; name="body"\r\n\r\n'
    body = Noting(part + b"x" * (SMALL + 1) + b"\r\n--b--\r\n")
    client.post(
        path,
        input_stream=body,
        content_length=len(body.getvalue()),
        content_type="multipart/form-data; boundary=b",
    )
    assert body.in_transaction == {False}


def test_a_large_document_of_the_api_is_read_without_a_connection(
    app: Flask, client_as: SignIn
) -> None:
    program = program_of(app, client_as(Role.ENTERPRISE_OWNER).actor)
    # The first use of a day ends its transaction to note that day.
    assert program.get("/services").status_code == 200
    db.session.commit()
    body = Noting(json.dumps({**FILING, "description": "x" * (SMALL + 1)}).encode())
    answer = app.test_client().post(
        "/api/v1/tickets",
        input_stream=body,
        content_length=len(body.getvalue()),
        content_type="application/json",
        headers={"Authorization": f"Bearer {program.token}"},
    )
    assert body.in_transaction == {False}
    assert answer.status_code == 422

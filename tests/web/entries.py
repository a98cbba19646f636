"""How an administrator sends entries of the directory."""

from __future__ import annotations

import csv
import io
from typing import TypeVar

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service_portal.kernel.db import Base, db

Entry = TypeVar("Entry", bound=Base)


def as_csv(*rows: list[str]) -> bytes:
    """Write rows as a CSV file."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def send(
    client: FlaskClient, kind: str, content: bytes, *, act: str = "take", name: str = "file.csv"
) -> TestResponse:
    """Send a file to the import."""
    return client.post(
        f"/admin/directory/{kind}/import",
        data={"file": (io.BytesIO(content), name), "act": act},
        content_type="multipart/form-data",
    )


def again(client: FlaskClient, model: type[Entry], entry_id: int) -> Entry:
    """Read an entry again."""
    return db.session.get_one(model, entry_id, populate_existing=True)

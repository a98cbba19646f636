"""How an administrator sends entries of the directory."""

from __future__ import annotations

import csv
import io

from service_portal.kernel.db import db


def as_csv(*rows: list[str]) -> bytes:
    """Write rows as a CSV file."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def send(client, kind: str, content: bytes, *, act: str = "take", name: str = "file.csv"):
    """Send a file to the import."""
    return client.post(
        f"/admin/directory/{kind}/import",
        data={"file": (io.BytesIO(content), name), "act": act},
        content_type="multipart/form-data",
    )


def again(client, model, entry_id: int):
    """Read an entry again."""
    return db.session.get_one(model, entry_id, populate_existing=True)

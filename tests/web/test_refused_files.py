"""No file of a refused act stays, and those of one that is made come once."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.kernel.db import db
from service_portal.tickets.models import Attachment, Message, ServiceEvent
from tests.signing_in import SignedIn
from tests.web.acting import LONG, PDF, SHOWN, a_case, form_of


def files_on_disk(app: Flask) -> int:
    """Count the files kept outside of the web root."""
    return sum(path.is_file() for path in (Path(app.config["PORTAL_HOME"]) / "files").rglob("*"))


@pytest.mark.parametrize(
    ("act", "wrong", "right"),
    [
        (
            "answer",
            {"body": "", "outcome": "resolved"},
            {"body": "Done, see the slip.", "outcome": "resolved"},
        ),
        (
            "contact",
            {"summary": "", "channel": "visit"},
            {"summary": "Talked it through.", "channel": "visit", "minutes": "20"},
        ),
    ],
)
def test_files_of_a_refused_act_are_gone_with_it_and_come_once(
    app: Flask, member: SignedIn, act: str, wrong: dict[str, str], right: dict[str, str]
) -> None:
    ticket, before = a_case(member, "accept", "start"), files_on_disk(app)
    refused = member.post(
        f"/tickets/{ticket.id}/{act}",
        data={**wrong, "files": (BytesIO(PDF), "slip.pdf")},
        content_type="multipart/form-data",
    )
    assert refused.status_code == 422 and "Choose the files again" in form_of(refused.text, act)
    kept = sa.select(Attachment).where(Attachment.ticket_id == ticket.id)
    assert db.session.scalars(kept).all() == [] and files_on_disk(app) == before
    taken = member.post(
        f"/tickets/{ticket.id}/{act}",
        data={**right, "files": (BytesIO(PDF), "slip.pdf")},
        content_type="multipart/form-data",
    )
    assert taken.status_code == 302
    assert [(file.file_name, file.purpose) for file in db.session.scalars(kept)] == [
        ("slip.pdf", "evidence")
    ] and files_on_disk(app) == before + 1


def test_a_message_with_a_bad_file_keeps_the_words_and_none_of_the_files(
    app: Flask, member: SignedIn
) -> None:
    ticket, before = a_case(member), files_on_disk(app)
    both = {"body": LONG, "files": [(BytesIO(PDF), "good.pdf"), (BytesIO(b"MZ"), "bad.exe")]}
    refused = member.post(
        f"/tickets/{ticket.id}/messages", data=both, content_type="multipart/form-data"
    )
    assert (
        refused.status_code == 422
        and SHOWN in form_of(refused.text, "messages")
        and 'id="messages-files-error"' in refused.text
        and "bad.exe" in refused.text
    )
    assert (
        db.session.scalar(sa.select(sa.func.count()).select_from(Attachment)) == 0
        and files_on_disk(app) == before
    )
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Message)) == 0


def test_evidence_can_be_attached_to_a_contact_and_makes_it_count(member: SignedIn) -> None:
    ticket = a_case(member, "accept", "start")
    page = member.get(f"/tickets/{ticket.id}").text
    assert re.search(r'type="file"[^>]*name="files"', form_of(page, "contact"))
    said: dict[str, Any] = {
        "summary": "Talked the claim through with them.",
        "channel": "visit",
        "minutes": "20",
        "files": (BytesIO(PDF), "visit.pdf"),
    }
    assert (
        member.post(
            f"/tickets/{ticket.id}/contact", data=said, content_type="multipart/form-data"
        ).status_code
        == 302
    )
    assert db.session.scalars(
        sa.select(ServiceEvent.countable).where(ServiceEvent.ticket_id == ticket.id)
    ).all() == [True]

"""Files that are sent with an act: kept while it is made, gone with it when it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from flask import current_app, request
from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.kernel.errors import Refused
from service_portal.tickets.attachments import MOST_FILES, Stored, attach, path_of, receive
from service_portal.tickets.models import Ticket


def has_files() -> bool:
    """Say whether files came with the request."""
    return any(upload.filename for upload in request.files.getlist("files"))


@contextmanager
def sent_files() -> Iterator[list[Stored]]:
    """Keep the files sent with an act while it is made;
    when it is refused they are gone with it.
    """
    folder = Path(current_app.config["PORTAL_HOME"])
    kept: list[Stored] = []
    uploads = [upload for upload in request.files.getlist("files") if upload.filename]
    if len(uploads) > MOST_FILES:
        raise Refused(_("At most %(n)d files can be attached.", n=MOST_FILES), field="files")
    try:
        for upload in uploads:
            kept.append(receive(upload))
        yield kept
    except BaseException:
        for one in kept:
            path_of(one.storage_name, folder).unlink(missing_ok=True)
        raise


def attach_all(
    kept: list[Stored], ticket: Ticket, *, actor: Actor, purpose: str, now: datetime
) -> list[int]:
    """Put kept files on a ticket, in the act's own transaction, and give their ids."""
    return [
        attach(
            one,
            actor=actor,
            enterprise_id=ticket.enterprise_id,
            purpose=purpose,
            now=now,
            ticket_id=ticket.id,
        ).id
        for one in kept
    ]

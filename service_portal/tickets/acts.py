"""What people say with an act on a ticket: texts, numbers, moments and files.

Whatever can't be taken as it is gets a sentence that names its field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app, request
from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.catalogue.forms import LONG_LENGTH, within
from service_portal.kernel.clock import zone_time
from service_portal.kernel.errors import Refused
from service_portal.tickets.attachments import MOST_FILES, Stored, attach, path_of, receive
from service_portal.tickets.models import Ticket

REASON_LENGTH = 500


def text(name: str, most: int = LONG_LENGTH) -> str:
    """Give a text, stripped at its ends; one that is too long is refused, never cut."""
    return within(request.form.get(name), most, field=name)


def reason() -> str:
    """Give why somebody gives a case to another; refused when nothing is said."""
    said = text("reason", REASON_LENGTH)
    if not said:
        raise Refused(_("Say why; your colleagues read it."), field="reason")
    return said


def number(name: str, least: int, most: int, default: int) -> int:
    """Give a whole number within limits, the default when the field was not sent at all."""
    said = request.form.get(name)
    if said is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", said.strip(), re.ASCII) or not least <= int(said) <= most:
        raise Refused(
            _("Write a whole number from %(min)d to %(max)d.", min=least, max=most), field=name
        )
    return int(said)


def choice(name: str, allowed: Mapping[str, Any], sentence: str) -> str:
    """Give one of some codes, or refuse with the sentence."""
    said = request.form.get(name, "")
    if said not in allowed:
        raise Refused(sentence, field=name)
    return said


def moment(name: str, default: datetime) -> datetime:
    """Give a moment of the zone's clock, the default when the field was not sent at all."""
    said = request.form.get(name)
    if said is None:
        return default
    try:
        return datetime.strptime(said.strip(), "%Y-%m-%dT%H:%M").replace(tzinfo=zone_time())
    except ValueError as error:
        raise Refused(_("Write day and time, such as 2026-11-24T09:30."), field=name) from error


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

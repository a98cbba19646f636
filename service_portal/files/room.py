"""How much room the files of an enterprise take, and may take."""

from __future__ import annotations

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _

from service_portal.access.actor import Side
from service_portal.files.models import EnterpriseStorage
from service_portal.files.storing import MEGABYTE
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused

# What the files of `enterprise` take; for the statement that counts what else there is to measure.
TAKEN = (
    sa.select(EnterpriseStorage.bytes)
    .where(EnterpriseStorage.enterprise_id == sa.bindparam("enterprise"))
    .scalar_subquery()
)


def refuse_full(taken: int | None, *, side: Side) -> None:
    """Refuse a file with which its enterprise takes more than it may have.

    What others put in takes none of its room. It is asked after the row is written, so that two at
    once can't both pass.
    """
    room = current_app.config["STORAGE_PER_ENTERPRISE_MB"]
    if room and side is Side.ENTERPRISE and (taken or 0) > room * MEGABYTE:
        sentence = _(
            "The files of this enterprise would take more than its %(mb)d MB, so this one was not "
            "taken. Send it without the file, and ask the zone's administrator for more room.",
            mb=room,
        )
        raise Refused(sentence, field="files", code="full")


def taken_by(enterprise_id: int) -> tuple[int, int]:
    """Give how many megabytes the files of an enterprise take, rounded up, and how many it may
    have; 0 is any number.
    """
    taken = db.session.scalar(sa.select(TAKEN), {"enterprise": enterprise_id})
    return -(-(taken or 0) // MEGABYTE), current_app.config["STORAGE_PER_ENTERPRISE_MB"]

"""What files take: how much each enterprise has and may have,
and what lies on the disk for nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _

from service_portal.access.actor import Actor, Side
from service_portal.accounts.models import Membership
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.kernel.logs import log
from service_portal.tickets.models import Attachment, EnterpriseStorage

MEGABYTE = 1_048_576
FOLDERS = 256
# A file lies on the disk before its row is stored; after a day no row will come.
WAITS_SECONDS = 86_400

_FILES = (
    sa.select(sa.func.count())
    .select_from(Attachment)
    .where(Attachment.ticket_id == sa.bindparam("ticket"), Attachment.side == sa.bindparam("side"))
)
# Institutions follow each other on a ticket, and are each other's competitors.
_OF_INSTITUTION = Attachment.uploaded_by_id.in_(
    sa.select(Membership.person_id).where(Membership.institution_id == sa.bindparam("institution"))
)
_TAKEN = (
    sa.select(EnterpriseStorage.bytes)
    .where(EnterpriseStorage.enterprise_id == sa.bindparam("enterprise"))
    .scalar_subquery()
)
_BY_NOW = sa.select(_FILES.scalar_subquery(), _TAKEN)
_BY_INSTITUTION = sa.select(_FILES.where(_OF_INSTITUTION).scalar_subquery(), _TAKEN)


def check_room(*, ticket_id: int | None, enterprise_id: int, actor: Actor) -> None:
    """Refuse a file that is one too many of its side for its ticket, or more than its enterprise
    may have.

    Each side, and each institution, has room of its own on a ticket, and what staff put in takes
    none of the enterprise's: nobody can keep out another one's files. It is asked after the row is
    written, so that two at once can't both pass.
    """
    side = actor.side
    about = {"ticket": ticket_id, "enterprise": enterprise_id, "side": side}
    if side is Side.INSTITUTION:
        about["institution"] = actor.institution_id
    wanted = _BY_INSTITUTION if side is Side.INSTITUTION else _BY_NOW
    files, taken = db.session.execute(wanted, about).one()
    most = current_app.config["FILES_PER_TICKET"]
    if files > most:
        raise Refused(
            _(
                "This ticket has %(n)d files of yours, as many as it may have. Put more into one"
                " file.",
                n=most,
            ),
            field="files",
        )
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
    taken = db.session.scalar(
        sa.select(EnterpriseStorage.bytes).where(EnterpriseStorage.enterprise_id == enterprise_id)
    )
    return -(-(taken or 0) // MEGABYTE), current_app.config["STORAGE_PER_ENTERPRISE_MB"]


def forget_files(paths: Iterable[Path]) -> None:
    """Take files off the disk whose rows will never be, or are gone."""
    for path in paths:
        path.unlink(missing_ok=True)


_KNOWN = sa.select(Attachment.storage_name).where(
    Attachment.storage_name == sa.any_(sa.bindparam("names"))
)


def sweep_disk(folder: Path, *, now: datetime) -> int:
    """Remove the files of one of the 256 folders that no row speaks of, and count them.

    Called every ten minutes, it comes round to all within two days.
    """
    part = folder / "files" / f"{int(now.timestamp()) // 600 % FOLDERS:02x}"
    if not part.is_dir():
        return 0
    old = now.timestamp() - WAITS_SECONDS
    found = {path.name: path for path in part.iterdir() if path.stat().st_mtime < old}
    known = set(db.session.scalars(_KNOWN, {"names": list(found)})) if found else set()
    nobodys = [path for name, path in found.items() if name not in known]
    forget_files(nobodys)
    if nobodys:
        log.info("files without a row removed", files=len(nobodys), folder=part.name)
    return len(nobodys)

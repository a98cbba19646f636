"""The runs of backup and restore, for the status page.

The launcher writes them as the schema's owner.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.db import BigId, Model, coded, holds


class Kind(StrEnum):
    """Why something was copied: by hand, by night, or back again."""

    MANUAL = "manual"
    NIGHTLY = "nightly"
    RESTORE = "restore"


class BackupRun(Model):
    """One backup that was made and read back, one that failed, or the restore this database is
    from.
    """

    __tablename__ = "backup_run"

    id: Mapped[BigId]
    kind: Mapped[str] = coded(Kind)
    at: Mapped[datetime]
    ended_at: Mapped[datetime] = mapped_column(server_default=sa.func.clock_timestamp())
    succeeded: Mapped[bool]
    bytes: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    files: Mapped[int] = mapped_column(server_default="0")
    lost_files: Mapped[int] = mapped_column(server_default="0")
    detail: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (holds("kind", Kind),)

"""What is kept of every stored file, and what the files of an enterprise take."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.access.actor import Side
from service_portal.kernel.db import Model, coded, holds


class StoredFile:
    """The columns of a row about a file, whatever it hangs on. `side` is who put it there.

    A table of them has the trigger that keeps `enterprise_storage`; backups and the sweep of the
    disk find it by its `storage_name`.
    """

    side: Mapped[str] = coded(Side, server_default=Side.ENTERPRISE)
    file_name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str]
    storage_name: Mapped[str] = mapped_column(unique=True)
    uploaded_by_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("person.id"))
    uploaded_by_name: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime]


def checks() -> tuple[sa.CheckConstraint, ...]:
    """Give the checks of such a table."""
    return (
        holds("side", Side),
        sa.CheckConstraint("storage_name ~ '^[0-9a-f]{32,64}$'", name="storage_name"),
    )


class EnterpriseStorage(Model):
    """What the files take that an enterprise has put in itself.

    Kept by the database as rows of files come and go.
    """

    __tablename__ = "enterprise_storage"

    enterprise_id: Mapped[int] = mapped_column(
        sa.BigInteger,
        sa.ForeignKey("enterprise.id"),
        primary_key=True,
        autoincrement=False,
    )
    bytes: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    files: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")

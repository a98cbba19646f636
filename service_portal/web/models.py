"""What pages of every folder count and ask."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.db import Model


class Throttle(Model):
    """Failed attempts in one window of time, shared by all web processes."""

    __tablename__ = "throttle"

    key: Mapped[str] = mapped_column(primary_key=True)
    window_at: Mapped[datetime] = mapped_column(primary_key=True)
    hits: Mapped[int] = mapped_column(server_default="0")


class Loading(Model):
    """A transaction that fills a zone: what it does is not noted.

    Only the owner of the tables writes here.
    """

    __tablename__ = "loading"

    xact: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    until: Mapped[datetime]

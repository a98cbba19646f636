"""Categories, services and the versions of their definitions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.db import BigId, Model


class Category(Model):
    """A group of services."""

    __tablename__ = "category"

    code: Mapped[str] = mapped_column(primary_key=True)
    name_en: Mapped[str]
    name_zh: Mapped[str]
    icon: Mapped[str] = mapped_column(server_default="")
    position: Mapped[int] = mapped_column(server_default="0")


class Service(Model):
    """A service of the catalogue. `version_id` is the version new requests are filed with."""

    __tablename__ = "service"

    code: Mapped[str] = mapped_column(primary_key=True)
    category_code: Mapped[str] = mapped_column(sa.ForeignKey("category.code"))
    name_en: Mapped[str]
    name_zh: Mapped[str]
    version_id: Mapped[int | None] = mapped_column(
        sa.BigInteger, sa.ForeignKey("service_version.id", use_alter=True)
    )
    active: Mapped[bool] = mapped_column(server_default=sa.true())
    position: Mapped[int] = mapped_column(server_default="0")


class ServiceVersion(Model):
    """One version of a definition; a ticket keeps the one it was filed with. Never changed."""

    __tablename__ = "service_version"

    id: Mapped[BigId]
    service_code: Mapped[str] = mapped_column(sa.ForeignKey("service.code"))
    version: Mapped[int]
    definition: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(server_default="")
    published_by_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("person.id"))
    published_at: Mapped[datetime]

    __table_args__ = (sa.UniqueConstraint("service_code", "version"),)

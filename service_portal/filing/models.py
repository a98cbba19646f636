"""Drafts of requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.db import BigId, BigRef, Model


class Draft(Model):
    """A request not yet filed. One for each person, enterprise and service."""

    __tablename__ = "draft"

    id: Mapped[BigId]
    person_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("person.id"))
    enterprise_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("enterprise.id"))
    service_code: Mapped[str] = mapped_column(sa.ForeignKey("service.code"))
    values: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    updated_at: Mapped[datetime]

    __table_args__ = (
        sa.UniqueConstraint("id", "enterprise_id"),
        sa.UniqueConstraint("person_id", "enterprise_id", "service_code"),
    )

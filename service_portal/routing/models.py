"""Explicit routing rules, tried in order before coverage."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.db import BigId, BigRef, Model


class RoutingRule(Model):
    """If all conditions hold, the ticket goes to this station.

    `conditions` keys: services, categories, parks, tags, amount_from, amount_below, urgent.
    """

    __tablename__ = "routing_rule"

    id: Mapped[BigId]
    position: Mapped[int]
    name_en: Mapped[str]
    name_zh: Mapped[str]
    conditions: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    station_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("station.id"))
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    active: Mapped[bool] = mapped_column(server_default=sa.true())
    version: Mapped[int] = mapped_column(server_default="1")
    updated_at: Mapped[datetime] = mapped_column(server_default=sa.func.clock_timestamp())

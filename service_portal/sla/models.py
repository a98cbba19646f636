"""Calendars: working hours, days off and make-up working days."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.db import BigId, BigRef, Model


class Calendar(Model):
    """Working hours by weekday.

    `weekly` maps "0".."6" (Monday first) to lists of [from, to] in local minutes. Every change
    raises `version` and is published as that one.
    """

    __tablename__ = "calendar"

    id: Mapped[BigId]
    code: Mapped[str] = mapped_column(unique=True)
    name_en: Mapped[str]
    name_zh: Mapped[str]
    time_zone: Mapped[str] = mapped_column(server_default="Asia/Shanghai")
    weekly: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(server_default="1")


class CalendarDay(Model):
    """A day off, or a make-up working day, of one calendar."""

    __tablename__ = "calendar_day"

    calendar_id: Mapped[BigRef] = mapped_column(
        sa.ForeignKey("calendar.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    intervals: Mapped[list[Any] | None]
    name_en: Mapped[str] = mapped_column(server_default="")
    name_zh: Mapped[str] = mapped_column(server_default="")


class CalendarYear(Model):
    """Whether the holidays of a year are official yet."""

    __tablename__ = "calendar_year"

    calendar_id: Mapped[BigRef] = mapped_column(
        sa.ForeignKey("calendar.id", ondelete="CASCADE"), primary_key=True
    )
    year: Mapped[int] = mapped_column(primary_key=True)
    official: Mapped[bool]
    source: Mapped[str] = mapped_column(server_default="")


class CalendarVersion(Model):
    """A calendar as it was published once, whole; never changed after that.

    `days` maps dates to whether they are working and their own hours, `official_years` lists the
    years whose holidays were official then.
    """

    __tablename__ = "calendar_version"

    calendar_id: Mapped[BigRef] = mapped_column(sa.ForeignKey("calendar.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    time_zone: Mapped[str]
    weekly: Mapped[dict[str, Any]]
    days: Mapped[dict[str, Any]]
    official_years: Mapped[list[Any]]
    published_at: Mapped[datetime] = mapped_column(server_default=sa.func.clock_timestamp())

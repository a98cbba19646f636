"""Fields in which the API reads moments, days and months."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from flask_babel import gettext as _
from marshmallow import ValidationError, fields

from service_portal.api.fields import REQUIRED, absent
from service_portal.kernel.clock import zone_time

EARLIEST, LATEST = 1970, 2200


class Moment(fields.Field[datetime]):
    """A moment or a day of the zone, such as 2026-11-01T08:00:00Z or 2026-11-01."""

    def __init__(self, about: str) -> None:
        kinds = [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]
        super().__init__(
            load_default=absent,
            metadata={
                "anyOf": kinds,
                "description": f"{about}, from {EARLIEST} to {LATEST}",
                "examples": ["2026-11-01", "2026-11-01T08:00:00Z"],
            },
        )

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        try:
            if not isinstance(value, str):
                raise ValueError
            # A plus sign that nobody escaped arrives as a space.
            at = datetime.fromisoformat(value.replace(" ", "+") if "T" in value else value)
        except ValueError:
            at = None
        if at is None or not EARLIEST <= at.year <= LATEST:
            raise ValidationError(
                _("Write a date or a moment, such as 2026-11-01 or 2026-11-01T08:00:00Z.")
            )
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=zone_time())


class Month(fields.Field[date]):
    """A month, or its first or last day; counts are kept by month, so no other day can begin or end
    a period.
    """

    def __init__(self, *, first: bool, about: str, **kwargs: Any) -> None:
        self.first = first
        days = "01" if first else "(?:28|29|30|31)"
        shape = {
            "type": "string",
            "description": about,
            "examples": ["2026-01" if first else "2026-11"],
            "pattern": rf"^(?:20[0-9]{{2}}|2100)-(?:0[1-9]|1[0-2])(?:-{days})?$",
        }
        super().__init__(**kwargs, load_default=absent, metadata=shape)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> date:
        found = re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?", value, re.ASCII)
        try:
            month = date(int(found[1]), int(found[2]), 1) if found else None
            day = (
                date(month.year, month.month, int(found[3]))
                if found and month and found[3]
                else None
            )
        except ValueError:
            month = None
        if month is None or not 2000 <= month.year <= 2100:
            raise ValidationError(_("Write a month, such as 2026-11."))
        if (
            day is not None
            and (day if self.first else date.fromordinal(day.toordinal() + 1)).day != 1
        ):
            raise ValidationError(
                _(
                    "Counts are kept by month. Begin with the first day of a month and end with the"
                    " last."
                )
            )
        return month


class Day(fields.Field[date]):
    """A day of the zone, such as 2026-12-31."""

    default_error_messages = REQUIRED

    def __init__(self, about: str, *, required: bool = False) -> None:
        absent: Any = {} if required else {"load_default": None}
        shape = {"type": "string", "format": "date", "description": about}
        super().__init__(required=required, metadata=shape, **absent)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> date:
        try:
            if not isinstance(value, str) or len(value) != len("2026-12-31"):
                raise ValueError
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValidationError(_("Write a date, such as 2026-12-31.")) from error

"""How answers are written: JSON, moments, names in both languages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Response


def answer(said: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Write an answer."""
    return Response(
        json.dumps(said, ensure_ascii=False, separators=(",", ":")),
        status,
        headers,
        mimetype="application/json",
    )


def stamp(at: datetime | None) -> str | None:
    """Write a moment, in UTC, to the millisecond."""
    return (
        None
        if at is None
        else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def both(thing: Any, name: str = "name") -> dict[str, str] | None:
    """Write a name in both languages; None when the thing has none."""
    en, zh = getattr(thing, f"{name}_en"), getattr(thing, f"{name}_zh")
    return {"en": en, "zh": zh} if en or zh else None

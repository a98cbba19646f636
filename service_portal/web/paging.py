"""Keyset paging: a page costs the same however deep it lies."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import UnionType
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, and the cursor of the page after them, if there is one."""

    rows: Sequence[Row]
    next_cursor: str | None
    cursor: str | None = None


def encode(values: Sequence[Any]) -> str:
    """Make a cursor of the sort values of the last row shown."""
    plain = [{"at": v.isoformat()} if isinstance(v, datetime) else v for v in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def decode(cursor: str | None, *kinds: type | UnionType) -> list[Any] | None:
    """Read a cursor of values of these kinds; a damaged one counts as none, so the first page is
    shown.
    """
    if not cursor or len(cursor) > 400:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        values = [datetime.fromisoformat(v["at"]) if isinstance(v, dict) else v for v in values]
    except (ValueError, KeyError, TypeError, binascii.Error, UnicodeDecodeError):
        return None
    fits = len(values) == len(kinds) and all(
        isinstance(v, kind) and _storable(v) for v, kind in zip(values, kinds, strict=False)
    )
    return values if fits else None


def _storable(value: Any) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool) and abs(value) < 2**63
    return not re.search(r"[\x00\ud800-\udfff]", str(value))


def cut(
    rows: Sequence[Row], size: int, key: Callable[[Row], Sequence[Any]], cursor: str | None = None
) -> Page[Row]:
    """Make a page from `size + 1` fetched rows; the extra one only says that there is more."""
    shown = rows[:size]
    more = encode(key(shown[-1])) if len(rows) > size and shown else None
    return Page(rows=shown, next_cursor=more, cursor=cursor)


def after(columns: Sequence[Any], values: Sequence[Any]) -> sa.ColumnElement[bool]:
    """Give the condition for rows after `values` in ascending order of non-null `columns`."""
    return sa.tuple_(*columns) > sa.tuple_(
        *(sa.literal(v, c.type) for v, c in zip(values, columns, strict=True))
    )


def before(columns: Sequence[Any], values: Sequence[Any]) -> sa.ColumnElement[bool]:
    """Give the condition for rows after `values` in descending order of non-null `columns`."""
    return sa.tuple_(*columns) < sa.tuple_(
        *(sa.literal(v, c.type) for v, c in zip(values, columns, strict=True))
    )

"""Tells a full disk, ours or the database's, from every other error: it passes."""

from __future__ import annotations

import errno

import sqlalchemy as sa

_FULL = {errno.ENOSPC, errno.EDQUOT}
_DATABASE_FULL = "53100"


def is_full(error: BaseException) -> bool:
    """Say whether an error means that there is no room left to store anything."""
    if isinstance(error, sa.exc.DBAPIError):
        return getattr(error.orig, "sqlstate", None) == _DATABASE_FULL
    return isinstance(error, OSError) and error.errno in _FULL

"""How far an API token reaches within what its role reaches. Pure."""

from __future__ import annotations

from enum import StrEnum


class TokenScope(StrEnum):
    """What a token may be used for; each needs the role's permission besides."""

    READ = "read"
    WRITE = "write"
    COUNTS = "counts"

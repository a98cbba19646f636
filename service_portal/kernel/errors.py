"""The refusals a use case may answer with. Each carries a sentence a person can act on."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """A request that breaks a rule.

    `message` says what is wrong and what to do; `field` names the input, if one is to blame.
    """

    status = 422

    def __init__(self, message: Any, *, field: str | None = None, code: str = "refused") -> None:
        super().__init__(str(message) if isinstance(message, str) else code)
        self.message = message
        self.field = field
        self.code = code


class Missing(Refused):
    """A thing that is not there, or that this person may not know of: both look the same."""

    status = 404

    def __init__(self, message: Any = "not found") -> None:
        super().__init__(message, code="missing")


class Conflict(Refused):
    """A change the thing does not take as it stands now, often because somebody else has acted on
    it in the meantime.
    """

    status = 409

    def __init__(self, message: Any, *, field: str | None = None, code: str = "conflict") -> None:
        super().__init__(message, field=field, code=code)


class Forbidden(Refused):
    """An act on a thing the person may see but not change in this way."""

    status = 403

    def __init__(self, message: Any) -> None:
        super().__init__(message, code="forbidden")


class TooMany(Refused):
    """An act that was done too often; after `retry_after` seconds it may be done again."""

    status = 429

    def __init__(self, message: Any, *, retry_after: int, field: str | None = None) -> None:
        super().__init__(message, field=field, code="too_many")
        self.retry_after = retry_after

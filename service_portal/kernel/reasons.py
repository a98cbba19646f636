"""Why something is so, or what is wrong, before anybody says it in a language. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reason:
    """A code, and the facts that its sentence names; `words.py` of the folder says it."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)

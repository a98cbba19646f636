"""Says something in both languages, as its readers read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from service_portal.web.language import speaking

T = TypeVar("T")


def in_both(say: Callable[[], T]) -> tuple[T, T]:
    """Give what is said in English and in Chinese."""
    with speaking("en"):
        en = say()
    with speaking("zh"):
        return en, say()

"""Which language is spoken: that of the request, or of whoever will read what is written now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from flask import g, has_request_context
from flask_babel import force_locale, get_locale

_SPEAKING: ContextVar[str | None] = ContextVar("_SPEAKING", default=None)


# The object behind the proxy, which costs a third of asking through it.
_globals = g._get_current_object


def language() -> str:
    """Give the language of the present request: en or zh.

    It is asked for hundreds of times on a page and found out once.
    """
    wanted = _SPEAKING.get()
    if wanted is not None:
        return wanted
    if not has_request_context():
        return _spoken()
    here = _globals()
    known: str | None = here.get("language")
    if known is None:
        known = here.language = _spoken()
    return known


@contextmanager
def speaking(spoken: str) -> Iterator[None]:
    """Speak a language, whatever the request's is: that of whoever will read."""
    token = _SPEAKING.set("zh" if spoken.startswith("zh") else "en")
    try:
        with force_locale(spoken):
            yield
    finally:
        _SPEAKING.reset(token)


def _spoken() -> str:
    locale = get_locale()
    return "zh" if locale is not None and locale.language == "zh" else "en"

"""Flask as the portal needs it: without what costs every page and changes nothing on ours."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from functools import lru_cache
from typing import Any

from flask import Flask, has_request_context, request
from flask.sessions import SecureCookieSessionInterface
from flask.templating import Environment
from itsdangerous import URLSafeTimedSerializer

# Longer ones are words that people typed, which do not come again.
LONGEST_KEPT = 40
ADDRESSES_KEPT = 4096


class Sessions(SecureCookieSessionInterface):
    """Makes what signs cookies once, not twice in each request."""

    def __init__(self) -> None:
        """Keep none yet."""
        self._signing = lru_cache(1)(super().get_signing_serializer)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Give what signs the cookies of an application, whose keys stay as it was made."""
        return self._signing(app)


class Templates(Environment):
    """Gives each template all globals in one plain dictionary: they stand when the first template
    is loaded, and a page looks them up by the hundred.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Give the globals of a template."""
        return {**self.globals, **(d or {})}


class Portal(Flask):
    """Calls its functions as they are and builds an address once."""

    jinja_environment = Templates
    session_interface = Sessions()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Keep no address yet."""
        super().__init__(*arguments, **options)
        self._address = lru_cache(ADDRESSES_KEPT)(self._build_address)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Give a function back: none of ours is asynchronous, and Flask would ask each of them in
        every request.
        """
        return func

    def url_for(self, /, endpoint: str, **values: Any) -> str:
        """Give the address of a page; one within the site is the same in every request."""
        if has_request_context() and not endpoint.startswith(".") and _is_kept(values):
            return self._address(request.script_root, endpoint, tuple(values.items()))
        return super().url_for(endpoint, **values)

    def _build_address(
        self, _root: str, endpoint: str, values: tuple[tuple[str, int | str], ...]
    ) -> str:
        given: dict[str, Any] = dict(values)
        return super().url_for(endpoint, **given)


def _is_kept(values: dict[str, Any]) -> bool:
    return all(
        not name.startswith("_")
        and (type(value) is int or (type(value) is str and len(value) <= LONGEST_KEPT))
        for name, value in values.items()
    )

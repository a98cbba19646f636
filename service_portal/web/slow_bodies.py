"""Lets no request occupy the portal while its body is still on the way.

The server gives each request a thread as soon as its headers are there, and has no time limit for
bodies. So it has as many threads as connections, and only `places` of them work at once: who waits
for a body waits beside those. What is scarce then is connections, and `connections.py` keeps room.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock, Semaphore, get_ident
from time import monotonic
from typing import Any

from service_portal.web.connections import PATIENCE_SECONDS, Connections, Request

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# Where a request finds how to give its place back while it waits for something else than its body.
BESIDE = "service_portal.beside"
# So much of a body is read before the turn of its request comes; the rest, in its turn.
SMALL = 64 * 1024


class SlowBodies:
    """Wraps an application: at most `places` requests are worked on at once, others wait beside."""

    def __init__(
        self,
        application: Wsgi,
        *,
        places: int,
        connections: int,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._application = application
        self._places, self._lock, self._waiting = Semaphore(places), Lock(), 0
        # By thread: each has one request.
        self._requests: dict[int, Request] = {}
        self._connections = Connections(
            connections,
            patience=patience,
            is_waiting=lambda: self._waiting > 0,
            requests=lambda: self._requests.copy().values(),
        )
        self._connections.watch()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Await the body, then the turn, then answer."""
        size, address = _size(environ), str(environ.get("REMOTE_ADDR", ""))
        if size != 0:
            most = SMALL if size is None else min(size, SMALL)
            since = monotonic()
            with self._awaited():
                begun = environ["wsgi.input"].read(most)
            if len(begun) < most and (size or self._connections.has_closed(address, since)):
                # Of a body without a length the server does not say whether it ended or was cut.
                start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
                return [b"The request broke off.\n"]
            if len(begun) == SMALL != size:
                rest = _Beside(self, begun, environ["wsgi.input"], address)
                environ["wsgi.input"] = io.BufferedReader(rest, SMALL)
            else:
                environ["wsgi.input"] = io.BytesIO(begun)
        environ[BESIDE] = self.beside
        thread, request = get_ident(), Request(address, monotonic())
        self._requests[thread] = request
        try:
            with self._places:
                if request.is_given_up:
                    # Nobody would read the answer.
                    start_response("503 Service Unavailable", [("Retry-After", "5")])
                    return []
                request.is_worked_on = True
                return self._application(environ, start_response)
        finally:
            del self._requests[thread]

    @contextmanager
    def _awaited(self) -> Iterator[None]:
        with self._lock:
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Let another request take the place for a while; the connection counts as worked on."""
        self._places.release()
        try:
            yield
        finally:
            self._places.acquire()

    def read_beside(self, address: str, read: Callable[[], Any]) -> Any:
        """Read a part of a body while another request takes the place."""
        thread = get_ident()
        with self._awaited():
            self._requests.pop(thread, None)
            self._places.release()
            try:
                return read()
            finally:
                request = self._requests[thread] = Request(address, monotonic())
                self._places.acquire()
                request.is_worked_on = True


def is_on_its_way(environ: dict[str, Any]) -> bool:
    """Say whether a body may be so large that most of it is read in its turn."""
    size = _size(environ)
    return size is None or size > SMALL


def _size(environ: dict[str, Any]) -> int | None:
    """Give how long the body is, or None as it may be of any length."""
    size = environ.get("CONTENT_LENGTH") or ""
    if not size:
        return None if "HTTP_TRANSFER_ENCODING" in environ else 0
    return int(size) if size.isdigit() else None


class _Beside(io.RawIOBase):
    """A body of which each part is awaited beside the requests that are worked on."""

    def __init__(self, guard: SlowBodies, begun: bytes, rest: Any, address: str) -> None:
        self._guard, self._part, self._rest, self._address = guard, begun, rest, address

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer."""
        size = len(buffer)
        if not self._part:
            read = self._guard.read_beside
            self._part = bytes(read(self._address, lambda: self._rest.read(size)))
        found, self._part = self._part[:size], self._part[size:]
        buffer[: len(found)] = found
        return len(found)

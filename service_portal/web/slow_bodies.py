"""Lets no request occupy the portal while its body is still on the way.

The server gives each request a thread as soon as its headers are there, and has no time limit for
bodies. So there are many more threads than requests being worked on: who waits for a body waits
beside those, few for one address, and a connection on which nothing moves is closed.
"""

from __future__ import annotations

import io
import os
import socket
import stat
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, Semaphore, Thread
from time import monotonic, sleep
from typing import Any

from werkzeug.exceptions import ServiceUnavailable

from service_portal.kernel.networks import network_of

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# How many may wait for their bodies in one process, and how many of one address: ten that stall
# leave places for the others.
WAITING, WAITING_OF_ONE = 96, 6
# A form or a document of the API is read before its turn comes; what is larger, in its turn.
SMALL = 256 * 1024
PATIENCE_SECONDS, LOOK_SECONDS = 30.0, 5.0
# What comes slower than this for so long is as good as standing still.
LEAST_BYTES_A_SECOND = 100
# Of Linux's tcp_info: milliseconds since data was last sent, bytes received.
_SENT, _RECEIVED, _LENGTH = 44, 128, 136


class TooMany(ServiceUnavailable):
    """So many bodies are awaited already that one more must come later."""


class SlowBodies:
    """Wraps an application: at most `places` requests are worked on at once, others wait beside."""

    def __init__(
        self,
        application: Wsgi,
        *,
        places: int,
        proxies: int = 0,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._application, self._proxies = application, proxies
        self._places, self._lock = Semaphore(places), Lock()
        self._waiting: Counter[str] = Counter()
        self._closing = _Closing(patience)
        Thread(target=self._close_quiet, daemon=True).start()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Await the body, then the turn, then answer."""
        size = environ.get("CONTENT_LENGTH") or ""
        if not size and "HTTP_TRANSFER_ENCODING" not in environ:
            with self._places:
                return self._application(environ, start)
        address = network_of(self._address(environ))
        self._closing.port = environ.get("SERVER_PORT", "")
        try:
            if size.isdigit() and int(size) <= SMALL:
                with self._awaited(address):
                    body = environ["wsgi.input"].read(int(size))
                if len(body) < int(size):
                    return _refuse(start, "400 Bad Request", "The request broke off.\n")
                environ["wsgi.input"] = io.BytesIO(body)
                with self._places:
                    return self._application(environ, start)
            with self._places:
                environ["wsgi.input"] = _Beside(self, environ["wsgi.input"], address)
                return self._application(environ, start)
        except TooMany:
            return _refuse(
                start,
                "503 Service Unavailable",
                "Too many requests are still on their way. Send this one again in a few seconds.\n",
            )

    def _address(self, environ: dict[str, Any]) -> str:
        if self._proxies:
            named = str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")
            if len(named) >= self._proxies:
                return named[-self._proxies].strip()
        return str(environ.get("REMOTE_ADDR", ""))

    @contextmanager
    def _awaited(self, address: str) -> Iterator[None]:
        with self._lock:
            if self._waiting[address] >= WAITING_OF_ONE or self._waiting.total() >= WAITING:
                raise TooMany
            self._waiting[address] += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting[address] -= 1
                if not self._waiting[address]:
                    del self._waiting[address]

    def read_beside(self, address: str, read: Callable[[], Any]) -> Any:
        """Read a part of a body while another request takes the place."""
        with self._awaited(address):
            self._places.release()
            try:
                return read()
            finally:
                self._places.acquire()

    def _close_quiet(self) -> None:
        while True:
            sleep(LOOK_SECONDS if self._closing.patience > LOOK_SECONDS else 0.2)
            if self._waiting or self._closing.seen:
                with suppress(OSError):
                    self._closing.look(is_needed=bool(self._waiting))


class _Beside(io.RawIOBase):
    """A body of which each part is awaited beside the requests that are worked on."""

    def __init__(self, guard: SlowBodies, body: Any, address: str) -> None:
        self._guard, self._body, self._address = guard, body, address

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Read up to so many bytes."""
        # The server's own body takes no negative size.
        wanted = () if size is None or size < 0 else (size,)
        return bytes(self._guard.read_beside(self._address, lambda: self._body.read(*wanted)))

    def readline(self, size: int | None = -1) -> bytes:
        """Read a line."""
        return bytes(self._guard.read_beside(self._address, self._body.readline))

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer."""
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)


class _Closing:
    """Closes connections to our port on which nothing has moved for long (Linux only)."""

    def __init__(self, patience: float) -> None:
        self.patience, self.port = patience, ""
        self.seen: dict[tuple[int, Any], tuple[float, int]] = {}

    def look(self, *, is_needed: bool) -> None:
        """Compare with the last look, and close what is quiet: idle ones too,
        which harms nobody.
        """
        before, self.seen = self.seen, {}
        if not is_needed or not hasattr(socket, "TCP_INFO"):
            return
        at = monotonic()
        for handle, peer, connection in _connections(self.port):
            with connection, suppress(OSError):
                known = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LENGTH)
                if len(known) < _LENGTH:
                    return
                (unsent_for,) = struct.unpack_from("=I", known, _SENT)
                (received,) = struct.unpack_from("=Q", known, _RECEIVED)
                since, then = before.get((handle, peer), (at, received))
                is_old = at - since >= self.patience and unsent_for >= self.patience * 1000
                if is_old and received - then < LEAST_BYTES_A_SECOND * (at - since):
                    connection.shutdown(socket.SHUT_RDWR)
                    continue
                fresh = (at, received) if at - since >= self.patience else (since, then)
                self.seen[handle, peer] = fresh


def _connections(port: str) -> Iterator[tuple[int, Any, socket.socket]]:
    """List the connections that came in at the port, each as a copy to be closed."""
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            if not stat.S_ISSOCK(entry.stat().st_mode):
                continue
            connection = socket.socket(fileno=os.dup(int(entry.name)))
            try:
                here, peer = connection.getsockname(), connection.getpeername()
                is_ours = isinstance(here, tuple) and str(here[1]) == port
            except OSError:
                is_ours = False
            if is_ours:
                yield int(entry.name), peer, connection
            else:
                connection.close()


def _refuse(start: Callable[..., Any], status: str, said: str) -> list[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "5")])
    return [said.encode()]

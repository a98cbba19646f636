"""Keeps room for who comes next: before a process has all its connections, the slowest are closed.

What stalls in the headers, in a body, in reading an answer or between two requests looks the same
to Linux: a connection on which nothing moves. So does one that waits for a long report; which those
are is known of the requests that are worked on. Elsewhere than on Linux nothing is closed: what
stalls there keeps its connection, and only their number is limited.
"""

from __future__ import annotations

import os
import socket
import stat
import struct
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

from service_portal.kernel.networks import network_of

OPEN = Path("/proc/self/fd")
LOOK_SECONDS, CROWDED_LOOK_SECONDS, PATIENCE_SECONDS = 0.2, 0.03, 30.0
# From here on room is made, down to there.
CROWDED, ROOMY = 3 / 4, 1 / 2
# What has moved less than this within three seconds stands; before that nothing can be said.
WINDOW_SECONDS, LEAST_BYTES_A_SECOND = 3.0, 2048
# What is slower than this while there is room enough is as good as standing still.
STANDING_BYTES_A_SECOND = 100
# A request is here when the last of it was received: so exactly do two clocks say that.
LATE_SECONDS = 0.05
# Of Linux's tcp_info: milliseconds since data was last sent and received, bytes acknowledged and
# received.
_SENT, _HEARD, _ACKED, _LENGTH = 44, 52, 120, 136
_NO_GOODBYE = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class _Seen:
    """What was known of a connection when it was looked at before."""

    at: float
    # Since when it is watched for standing still, and since when its rate is measured.
    long_at: float
    long_bytes: int
    window_at: float
    window_bytes: int
    rate: float | None = None


@dataclass(slots=True)
class Request:
    """A request: where it came from, and since when all of it is here that was asked for."""

    address: str
    since: float
    # Before that it waits for its turn.
    is_worked_on: bool = False
    # Its connection was closed while it waited.
    is_given_up: bool = False


@dataclass(slots=True)
class Connection:
    """One connection as it is now."""

    handle: int
    peer: Any
    heard_at: float
    age: float
    # Bytes a second: None as long as it is too new to say.
    rate: float | None
    is_standing: bool
    request: Request | None = None

    @property
    def is_worked_on(self) -> bool:
        """Say whether it waits for an answer that is being made."""
        return self.request is not None and self.request.is_worked_on


class Connections:
    """Closes connections of this process: at most `most` may be open, some always less."""

    def __init__(
        self,
        most: int,
        *,
        patience: float,
        is_waiting: Callable[[], bool],
        requests: Callable[[], Iterable[Request]],
    ) -> None:
        self._most, self._patience = most, patience
        self._is_waiting, self._requests = is_waiting, requests
        self._seen: dict[tuple[int, Any], _Seen] = {}
        self._closed: dict[str, float] = {}

    def has_closed(self, address: str, since: float) -> bool:
        """Say whether a connection of this address was closed since then."""
        return self._closed.get(address, -inf) >= since

    def watch(self) -> None:
        """Look now and again, from a thread of its own."""
        if hasattr(socket, "TCP_INFO") and OPEN.is_dir():
            Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        looked, is_crowded = monotonic(), False
        while True:
            sleep(CROWDED_LOOK_SECONDS if is_crowded else LOOK_SECONDS)
            with suppress(OSError):
                is_crowded = sum(1 for _ in OPEN.iterdir()) >= self._most * CROWDED
                is_time = monotonic() - looked >= min(5.0, self._patience / 5)
                if is_crowded or (is_time and (self._is_waiting() or self._seen)):
                    looked = monotonic()
                    self.look()

    def look(self) -> None:
        """Close what stands still, and the slowest of all where it is crowded."""
        requests, at = list(self._requests()), monotonic()
        self._closed = {one: of for one, of in self._closed.items() if at - of < PATIENCE_SECONDS}
        found = self._found()
        find_requests(found, requests)
        for one in found:
            if one.request is not None:
                # Only when it is answered does it begin to be measured.
                del self._seen[one.handle, one.peer]
        closing = [
            one for one in found if one.is_standing and one.request is None and self._is_waiting()
        ]
        if len(found) - len(closing) >= self._most * CROWDED:
            closing = slowest_first(found)[: len(found) - int(self._most * ROOMY)]
        for one in closing:
            with suppress(OSError), _copy_of(one.handle) as connection:
                if connection.getpeername() == one.peer:
                    self._closed[one.peer[0]] = monotonic()
                    if one.request is not None:
                        one.request.is_given_up = True
                    # Whoever does not read would keep what was sent waiting for them.
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_GOODBYE)
                    connection.shutdown(socket.SHUT_RDWR)

    def _found(self) -> list[Connection]:
        at, before, found = monotonic(), self._seen, []
        self._seen = {}
        for handle, peer, known in _known():
            acked, received = struct.unpack_from("=QQ", known, _ACKED)
            (sent_ms,) = struct.unpack_from("=I", known, _SENT)
            (heard_ms,) = struct.unpack_from("=I", known, _HEARD)
            moved = acked + received
            seen = before.get((handle, peer)) or _Seen(at, at, moved, at, moved)
            self._seen[handle, peer] = seen
            if at - seen.window_at >= WINDOW_SECONDS:
                seen.rate = (moved - seen.window_bytes) / (at - seen.window_at)
                seen.window_at, seen.window_bytes = at, moved
            is_standing, long = False, at - seen.long_at
            if long >= self._patience:
                is_slow = moved - seen.long_bytes < STANDING_BYTES_A_SECOND * long
                is_standing = is_slow and sent_ms >= self._patience * 1000
                if not is_slow:
                    seen.long_at, seen.long_bytes = at, moved
            age = max(at - seen.at, min(sent_ms, heard_ms) / 1000)
            heard_at, rate = at - heard_ms / 1000, _rate(seen.rate, age)
            found.append(Connection(handle, peer, heard_at, age, rate, is_standing))
        return found


def _rate(measured: float | None, age: float) -> float | None:
    """Give bytes a second: of what is new nothing bad can be said, what stands has none."""
    if measured is None:
        return 0.0 if age >= WINDOW_SECONDS else None
    return measured if measured >= LEAST_BYTES_A_SECOND else 0.0


def find_requests(found: list[Connection], requests: list[Request]) -> None:
    """Find over which connections the requests came.

    The server does not say: it is the one of its address on which something was received last
    before the request was here. It waits for us, so nothing bad can be said of it.
    """
    of_address: dict[str, list[Connection]] = defaultdict(list)
    for one in sorted(found, key=lambda one: one.heard_at):
        of_address[one.peer[0]].append(one)
    for request in sorted(requests, key=lambda request: request.since, reverse=True):
        fitting = of_address[request.address]
        while fitting:
            one = fitting.pop()
            if one.heard_at <= request.since + LATE_SECONDS:
                one.request, one.rate = request, None
                break


def slowest_first(found: list[Connection]) -> list[Connection]:
    """Sort what may go: what stands, then those of whoever has most of them, the slowest first.

    Requests that are worked on come last. They are few: who waits for a turn is none of them.
    """
    numbers: Counter[str] = Counter()
    ranks: dict[int, tuple[float, ...]] = {}
    for one in sorted(found, key=_slowness):
        network = network_of(one.peer[0])
        numbers[network] += 1
        ranks[one.handle] = (one.is_worked_on, one.rate != 0, -numbers[network], *_quickness(one))
    return sorted(found, key=lambda one: ranks[one.handle])


def _quickness(one: Connection) -> tuple[float, ...]:
    """Let what is known to move stay rather than what is new, and the newest of what is new."""
    return (one.rate or 0.0, -one.age, one.handle)


def _slowness(one: Connection) -> tuple[float, ...]:
    return (not one.is_worked_on, one.rate == 0, *(-value for value in _quickness(one)))


def _known() -> Iterator[tuple[int, Any, bytes]]:
    """Give the connections that came in at the port we listen at, and what Linux knows of each."""
    ports: set[int] = set()
    known: list[tuple[int, tuple[int, Any, bytes]]] = []
    for entry in OPEN.iterdir():
        with suppress(OSError):
            handle = int(entry.name)
            if not stat.S_ISSOCK(os.fstat(handle).st_mode):
                continue
            with _copy_of(handle) as one:
                if one.family not in (socket.AF_INET, socket.AF_INET6):
                    continue
                port = one.getsockname()[1]
                if one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    ports.add(port)
                    continue
                info = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LENGTH)
                if len(info) == _LENGTH:
                    known.append((port, (handle, one.getpeername(), info)))
    yield from (found for port, found in known if port in ports)


@contextmanager
def _copy_of(handle: int) -> Iterator[socket.socket]:
    """Give the socket of a handle, to be closed without closing the handle."""
    connection = socket.socket(fileno=os.dup(handle))
    try:
        yield connection
    finally:
        connection.close()

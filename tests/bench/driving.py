"""A client that costs next to nothing: keep-alive connections, each in a thread, that send prepared
requests as fast as they are answered, or at a given pace.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import quantiles
from time import perf_counter, sleep
from urllib.parse import urlencode

PATIENCE = 30.0


@dataclass(slots=True)
class Driven:
    """How a drive went.

    `latencies` in seconds; `strange` holds the first answer that was not the expected one.
    """

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failed: int = 0
    strange: str = ""

    @property
    def rate(self) -> float:
        """Give operations per second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, percent: int) -> float:
        """Give a percentile of the latencies in milliseconds."""
        if len(self.latencies) < 2:
            return 0.0
        return quantiles(self.latencies, n=100)[percent - 1] * 1000


class Connection:
    """One keep-alive connection to the loopback."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request and give status and whole answer. Every answer must name its length."""
        self.socket.sendall(request)
        answer = b""
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._more()
        head = answer[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        parts, missing = [answer], end + 4 + length - len(answer)
        while missing > 0:
            part = self._more()
            parts.append(part)
            missing -= len(part)
        return int(head[9:12]), b"".join(parts)

    def _more(self) -> bytes:
        part = self.socket.recv(262_144)
        if not part:
            raise ConnectionError("the web closed the connection")
        return part

    def close(self) -> None:
        """Close it."""
        self.socket.close()


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Make the bytes of a request."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def form(values: dict[str, str]) -> bytes:
    """Make the body of a form."""
    return urlencode(values).encode()


def drive(
    port: int,
    requests: list[Iterator[bytes]],
    *,
    seconds: float,
    expected: int,
    pace: float | None = None,
) -> Driven:
    """Send requests over one connection per iterator for some seconds, or until it has no more;
    `pace` is the rate of all together, None as fast as they go.
    """
    driven, lock, until = Driven(), threading.Lock(), perf_counter() + seconds

    def send(mine: Iterator[bytes], number: int) -> None:
        connection = Connection(port)
        latencies, failed, strange = [], 0, ""
        due = perf_counter() + (number / pace if pace else 0)
        while (begun := perf_counter()) < until:
            if pace:
                sleep(max(0.0, due - begun))
                begun, due = perf_counter(), due + len(requests) / pace
            asked = next(mine, None)
            if asked is None:
                break
            status, answer = connection.ask(asked)
            if status == expected:
                latencies.append(perf_counter() - begun)
            else:
                failed, strange = failed + 1, strange or answer[:2000].decode(errors="replace")
        connection.close()
        with lock:
            driven.latencies += latencies
            driven.failed += failed
            driven.strange = driven.strange or strange

    begun = perf_counter()
    threads = [
        threading.Thread(target=send, args=(mine, number), daemon=True)
        for number, mine in enumerate(requests)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    driven.seconds = perf_counter() - begun
    return driven

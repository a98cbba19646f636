"""Speaks ClamAV's protocol: shows it a file, or asks whether it is awake."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterable, Iterator
from time import monotonic
from urllib.parse import urlsplit

CONNECT_SECONDS = 3.0
CHUNK = 65_536
LONGEST_REPLY = 4096


class ScannerAway(Exception):
    """The scanner did not say whether a file is clean; `args` say how it failed, for the log."""


def is_awake(url: str, seconds: float) -> bool:
    """Say whether a scanner answers within so many seconds."""
    try:
        deadline = monotonic() + seconds
        with _connected(url, seconds) as line:
            line.sendall(b"zPING\0")
            return _reply(line, deadline) == "PONG"
    except (OSError, ScannerAway):
        return False


def verdict_of(url: str, blocks: Iterable[bytes], deadline: float) -> str:
    """Give what the scanner says: OK, the name of what it found and FOUND, that the file is too
    large for it, or why it could not look at this file and ERROR.

    Raises ScannerAway or OSError when it does not say so before the deadline.
    """
    with _connected(url, min(CONNECT_SECONDS, _left(deadline))) as line:
        try:
            line.sendall(b"zINSTREAM\0")
            for piece in _framed(blocks):
                if _speaks(line):
                    return _early(_reply(line, deadline))
                line.settimeout(_left(deadline))
                line.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            # It has stopped listening, perhaps after saying why.
            return _early(_reply(line, deadline))
        return _understood(_reply(line, deadline))


def _early(reply: str) -> str:
    """Understand what is said before the whole file was sent or read: that may refuse a file, never
    take it.
    """
    if (verdict := _understood(reply)) == "OK":
        raise ScannerAway("it called a file clean before it had all of it")
    return verdict


def _understood(reply: str) -> str:
    if reply == "stream: OK":
        return "OK"
    if reply.startswith("stream: ") and reply.endswith((" FOUND", " ERROR")):
        return reply.removeprefix("stream: ")
    if reply.startswith("INSTREAM size limit exceeded"):
        return "too large"
    raise ScannerAway(f"it said {reply[:100]!r}")


def _connected(url: str, seconds: float) -> socket.socket:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(seconds)
        try:
            line.connect(parts.path)
        except OSError:
            line.close()
            raise
        return line
    return socket.create_connection((parts.hostname or "", parts.port or 3310), seconds)


def _framed(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut a file into the pieces of the protocol, the empty one that ends it included."""
    for block in blocks:
        for start in range(0, len(block), CHUNK):
            piece = block[start : start + CHUNK]
            yield len(piece).to_bytes(4, "big") + piece
    yield bytes(4)


def _speaks(line: socket.socket) -> bool:
    """Say whether something has come already, or the line was closed."""
    looking = select.poll()
    looking.register(line, select.POLLIN)
    return bool(looking.poll(0))


def _left(deadline: float) -> float:
    left = deadline - monotonic()
    if left <= 0:
        raise ScannerAway("it took too long")
    return left


def _reply(line: socket.socket, deadline: float) -> str:
    """Read the one answer: it ends with a NUL, and after it the scanner hangs up."""
    said, is_cut = b"", False
    while True:
        line.settimeout(_left(deadline))
        try:
            more = line.recv(1024)
        except ConnectionResetError:
            # It has hung up without reading all that was sent.
            more, is_cut = b"", True
        if not more:
            break
        said += more
        if len(said) > LONGEST_REPLY:
            raise ScannerAway("it said too much")
    answer, ended, rest = said.partition(b"\0")
    if not ended:
        raise ScannerAway("it hung up without a verdict")
    if rest:
        raise ScannerAway(f"it said more than one thing: {said[:100]!r}")
    reply = answer.decode("utf-8", "replace")
    if is_cut:
        _early(reply)
    return reply

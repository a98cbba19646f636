"""Every file that comes in is looked at by a scanner, where the operator has set one: ClamAV, by
its own protocol.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import gettext as _

from service_portal.kernel.errors import Refused
from service_portal.kernel.logs import log

CONNECT_SECONDS = 3.0
# From the first byte to the verdict; a thread of the web waits as long.
SCAN_SECONDS = 30.0
PING_SECONDS = 1.0
CHUNK = 65_536
LONGEST_REPLY = 4096


class ScannerAway(Exception):
    """The scanner did not say whether a file is clean; `args` say how it failed, for the log."""


class NotScanned(Refused):
    """A file that could not be looked at now."""

    status = 503


def scan(name: str, blocks: Iterable[bytes]) -> None:
    """Let the scanner look at a file, if one is set. Raises Refused when it finds something.

    When it is away, slow, or says what nobody understands, the file is refused for now, unless
    SCANNER_AWAY says otherwise.
    """
    url = current_app.config["SCANNER_URL"]
    if not url:
        return
    try:
        verdict = _verdict(url, blocks)
    except (OSError, ScannerAway) as error:
        log.error("a file could not be scanned", error=f"{type(error).__name__}: {error}")
        if current_app.config["SCANNER_AWAY"] == "accept":
            return
        sentence = _(
            "“%(name)s” can't be checked for viruses now, so it was not taken. "
            "Everything else stays; try again in some minutes.",
            name=name,
        )
        raise NotScanned(sentence, field="files") from error
    if verdict == "OK":
        return
    if verdict.endswith("FOUND"):
        log.warning("a file was refused by the scanner", found=verdict[:200])
        sentence = _(
            "The virus scanner found something in “%(name)s”, so it was not taken. "
            "Check your computer, make the file again from a clean copy, and send that.",
            name=name,
        )
        raise Refused(sentence, field="files", code="infected")
    sentence = _(
        "“%(name)s” is too large for the virus scanner, so it was not taken. "
        "Split it into smaller files.",
        name=name,
    )
    raise Refused(sentence, field="files", code="unscanned")


def is_awake() -> bool:
    """Say whether the scanner answers; only where one is set."""
    try:
        deadline = monotonic() + PING_SECONDS
        with _connected(current_app.config["SCANNER_URL"], PING_SECONDS) as line:
            line.sendall(b"zPING\0")
            return _reply(line, deadline) == "PONG"
    except (OSError, ScannerAway):
        return False


def judge_scanner() -> dict[str, dict[str, Any]]:
    """Give the scanner's line of the status page; none where no scanner is set."""
    if not current_app.config["SCANNER_URL"]:
        return {}
    if is_awake():
        return {"scanner": {"status": "green", "detail": ""}}
    accepts = current_app.config["SCANNER_AWAY"] == "accept"
    detail = (
        _("does not answer; files are taken unchecked")
        if accepts
        else _("does not answer; no file is taken")
    )
    return {"scanner": {"status": "amber", "detail": detail}}


def _verdict(url: str, blocks: Iterable[bytes]) -> str:
    """Give what the scanner says: OK, the name of what it found and FOUND, or that the file is too
    large for it.
    """
    deadline = monotonic() + SCAN_SECONDS
    with _connected(url, CONNECT_SECONDS) as line:
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
    if reply.startswith("stream: ") and reply.endswith(" FOUND"):
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

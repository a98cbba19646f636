"""A file that the scanner can't look into, or that takes it too long, is refused by itself: nobody
else's file is refused for it, and none is taken unchecked.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from time import sleep

import pytest
from flask import Flask, g

from service_portal.access.actor import Actor, Role
from service_portal.kernel.errors import Refused
from service_portal.web import scanning
from service_portal.web.scanning import NotScanned, scan
from tests.scanner import BAD, Scanner

OWNER = Actor(Role.ENTERPRISE_OWNER, person_id=1, enterprise_id=1)
OTHER = Actor(Role.ENTERPRISE_OWNER, person_id=2, enterprise_id=2)
HEAVY = b"heavy"
ERROR = b"stream: Can't allocate memory ERROR\0"
FAILINGS = {
    "says that it could not": ERROR,
    "reaches its limit": b"stream: Time limit reached ERROR\0",
    "says what nobody understands": b"stream: heavy\0",
    "says an error of its own": b"INSTREAM: Can't write to temporary file. ERROR\0",
    "breaks off": b"stream: O",
    "hangs up": b"",
    "takes too long": None,
}


class Picky(Scanner):
    """Fails at one file in its own way, and looks at all others."""

    failing: bytes | None = ERROR

    def _answer(self, line: socket.socket) -> None:
        if self._until_zero(line) == b"zPING":
            line.sendall(b"PONG\0")
            return
        content = b""
        while length := int.from_bytes(self._exactly(line, 4), "big"):
            content += self._exactly(line, length)
        if HEAVY not in content:
            line.sendall(b"stream: Test-Signature FOUND\0" if BAD in content else b"stream: OK\0")
        elif self.failing is None:
            sleep(2)
        else:
            line.sendall(self.failing)


@pytest.fixture(params=FAILINGS)
def picky(
    app: Flask, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scanner]:
    monkeypatch.setattr(scanning, "SCAN_SECONDS", 0.5)
    made = Picky()
    made.failing = FAILINGS[request.param]
    app.config.update(SCANNER_URL=made.url)
    yield made
    app.config.update(SCANNER_URL="", SCANNER_AWAY="refuse")
    made.close()


def look_at(app: Flask, actor: Actor, name: str, content: bytes) -> None:
    """Let somebody send a file."""
    with app.test_request_context("/"):
        g.actor = actor
        scan(name, [content])


@pytest.mark.usefixtures("picky")
@pytest.mark.parametrize("away", ["refuse", "accept"])
def test_one_file_keeps_out_nobody_elses_and_lets_none_in(app: Flask, away: str) -> None:
    app.config.update(SCANNER_AWAY=away)
    with pytest.raises(Refused, match="“heavy"):
        look_at(app, OWNER, "heavy.zip", HEAVY)
    look_at(app, OTHER, "clean.txt", b"clean")
    with pytest.raises(Refused, match="found something"):
        look_at(app, OTHER, "virus.txt", BAD)


@pytest.mark.parametrize("failing", [ERROR, b"stream: Time limit reached ERROR\0"])
def test_one_it_can_not_look_into_is_refused_with_what_to_do(app: Flask, failing: bytes) -> None:
    made = Picky()
    made.failing = failing
    app.config.update(SCANNER_URL=made.url)
    try:
        with pytest.raises(Refused, match="another format") as refused:
            look_at(app, OWNER, "heavy.zip", HEAVY)
        assert not isinstance(refused.value, NotScanned)
        assert (refused.value.status, refused.value.code) == (422, "unscanned")
    finally:
        app.config.update(SCANNER_URL="")
        made.close()

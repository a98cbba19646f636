"""A stand-in for ClamAV that speaks its protocol over a real socket, and misbehaves on request."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path
from time import sleep

BAD = b"a-virus-for-tests-only"
LIMIT = 100_000


class Scanner:
    """Listens until it is closed.

    `mood` is well, or how it fails; `seen` is every file it was shown, `asked` every command. It
    takes `seconds` for a file.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Listen on a path, or on a free port of the loopback."""
        self.mood, self.seen = "well", list[bytes]()
        self.asked = list[bytes]()
        self.seconds = 0.0
        self.has_answered = threading.Event()
        family = socket.AF_UNIX if path else socket.AF_INET
        self.listening = socket.socket(family, socket.SOCK_STREAM)
        self.listening.bind(str(path) if path else ("127.0.0.1", 0))
        self.listening.listen()
        host, port = ("", 0) if path else self.listening.getsockname()
        self.url = f"unix://{path}" if path else f"tcp://{host}:{port}"
        self.closed = False
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.closed = True
        with suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()

    def _serve(self) -> None:
        while not self.closed:
            try:
                line, _address = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_one, args=(line,), daemon=True).start()

    def _serve_one(self, line: socket.socket) -> None:
        with line, suppress(OSError):
            self._answer(line)

    def _answer(self, line: socket.socket) -> None:
        command = self._until_zero(line)
        self.asked.append(command)
        if self.mood == "hangs":
            sleep(3)
            return
        if command == b"zPING":
            line.sendall(b"PONG\0")
            return
        assert command == b"zINSTREAM"
        if self.mood.startswith("says clean at once"):
            line.sendall(b"stream: OK\0")
            self.has_answered.set()
        if self.mood == "says clean at once and hangs up":
            return
        content = b""
        while length := int.from_bytes(self._exactly(line, 4), "big"):
            content += self._exactly(line, length)
            if self.mood == "closes":
                return
            if len(content) > LIMIT:
                line.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.seen.append(content)
        sleep(self.seconds)
        if self.mood == "says clean at once":
            return
        if self.mood == "says two things":
            line.sendall(b"stream: OK\0stream: Test-Signature FOUND\0")
        elif self.mood == "says the second thing late":
            line.sendall(b"stream: OK\0")
            sleep(0.1)
            line.sendall(b"stream: Test-Signature FOUND\0")
        elif self.mood == "babbles":
            line.sendall(b"what do you want\0")
        elif self.mood == "breaks off":
            line.sendall(b"stream: O")
        elif BAD in content:
            line.sendall(b"stream: Test-Signature FOUND\0")
        else:
            line.sendall(b"stream: OK\0")

    def _until_zero(self, line: socket.socket) -> bytes:
        said = b""
        while not said.endswith(b"\0"):
            more = line.recv(1)
            if not more:
                return said
            said += more
        return said[:-1]

    def _exactly(self, line: socket.socket, length: int) -> bytes:
        said = b""
        while len(said) < length:
            more = line.recv(length - len(said))
            if not more:
                return said
            said += more
        return said

"""A real SMTP server on the loopback that keeps what it is given."""

from __future__ import annotations

from collections import Counter
from email import message_from_bytes
from email.message import Message
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller

from service_portal.launcher.place import free_port


class MailServer:
    """Takes mails for everybody; `refuse` maps a recipient to the answer they get instead of `250
    OK`.
    """

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port() or 18025
        self.url = f"smtp://127.0.0.1:{self.port}"
        self.received: list[Message] = []
        self.refuse: dict[str, str] = {}
        self.asked: Counter[str] = Counter()
        self.callers: Counter[tuple[str, int]] = Counter()
        self.controller: Controller | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Open its port."""
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self) -> None:
        """Close its port; who connects is refused."""
        if self.controller is not None:
            self.controller.stop()
            self.controller = None

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Answer who a mail is for."""
        self.asked[address] += 1
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:
        """Keep a mail."""
        self.callers[session.peer] += 1
        self.received.append(message_from_bytes(envelope.content))
        return "250 Kept"

    def ids(self) -> Counter[str]:
        """Count how often each Message-ID was transmitted."""
        return Counter(str(message["Message-ID"]) for message in self.received)

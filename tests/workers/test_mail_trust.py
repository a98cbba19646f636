"""A mail server hears the password only after its certificate was believed: the right authority,
and the name that was dialled.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from socket import create_connection
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from flask import Flask

from service_portal.launcher.place import free_port
from service_portal.web.mail import Mail, Post
from service_portal.web.mail_refusals import Fate, Stage, refusal_of
from tests.certificates import Authority

MAIL = Mail(to="somebody@example.org", subject="S", body="B", message_id="<1@localhost>")


class SafeServer:
    """An SMTP server that encrypts, from the first word or after STARTTLS,
    and asks for a password.
    """

    def __init__(self, context: ssl.SSLContext, *, smtps: bool) -> None:
        self.passwords: list[bytes] = []
        self.received: list[bytes] = []
        self.port = free_port() or 18465
        options: dict[str, Any] = (
            {"ssl_context": context}
            if smtps
            else {"tls_context": context, "require_starttls": True}
        )
        self.controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self._authenticate,
            auth_required=True,
            auth_require_tls=not smtps,
            **options,
        )
        scheme, query = ("smtps", "") if smtps else ("smtp", "?starttls")
        self.url = f"{scheme}://portal:hunter2@127.0.0.1:{self.port}{query}"

    def _authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        self.passwords.append(data.password)
        return AuthResult(success=True)

    def look(self) -> None:
        """Begin to serve, for whoever believes everything."""
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        with (
            create_connection(("127.0.0.1", self.port), 10) as line,
            anybody.wrap_socket(line) as safe,
        ):
            safe.recv(100)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Keep a mail."""
        self.received.append(envelope.content)
        return "250 Kept"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Give an authority that the test believes."""
    return Authority(tmp_path)


@pytest.fixture
def serve(app: Flask) -> Iterator[Any]:
    """Start servers; the application sends by the last one."""
    started: list[SafeServer] = []

    def start(context: ssl.SSLContext, *, smtps: bool, trusts: Path | None) -> SafeServer:
        server = SafeServer(context, smtps=smtps)
        if smtps:
            # Its own first look at itself could not believe it.
            server.controller._trigger_server = server.look  # type: ignore[method-assign]
        server.controller.start()
        started.append(server)
        app.config["MAIL_URL"] = server.url
        app.config["MAIL_CA_FILE"] = str(trusts or "")
        return server

    yield start
    for server in started:
        server.controller.stop(no_assert=True)
    app.config["MAIL_URL"] = app.config["MAIL_CA_FILE"] = ""


def send(app: Flask) -> None:
    """Send one mail."""
    with app.app_context(), Post() as post:
        post.send(MAIL)


@pytest.mark.parametrize("smtps", [True, False], ids=["smtps", "starttls"])
def test_a_certified_server_gets_password_and_mail(
    app: Flask, serve: Any, authority: Authority, smtps: bool
) -> None:
    server = serve(authority.serve("127.0.0.1"), smtps=smtps, trusts=authority.file)
    send(app)
    assert server.passwords == [b"hunter2"] and len(server.received) == 1


@pytest.mark.parametrize("smtps", [True, False], ids=["smtps", "starttls"])
@pytest.mark.parametrize("wrong", ["another authority", "another name", "nobody we know"])
def test_a_server_that_is_not_certified_for_its_name_hears_no_password(
    app: Flask, serve: Any, authority: Authority, tmp_path: Path, smtps: bool, wrong: str
) -> None:
    other = Authority(tmp_path, "a forger")
    context, trusts = {
        "another authority": (other.serve("127.0.0.1"), authority.file),
        "another name": (authority.serve("mail.example.org"), authority.file),
        "nobody we know": (authority.serve("127.0.0.1"), None),
    }[wrong]
    server = serve(context, smtps=smtps, trusts=trusts)
    with pytest.raises(ssl.SSLCertVerificationError) as refused:
        send(app)
    assert server.passwords == [] and server.received == []
    refusal = refusal_of(refused.value, stage=Stage.CONNECT)
    assert refusal.fate is Fate.TO_MEND, "what the server has to mend is tried again"


def test_a_server_that_cannot_encrypt_hears_no_password(app: Flask) -> None:
    from tests.mail_server import MailServer

    with MailServer() as server:
        app.config["MAIL_URL"] = f"smtp://portal:hunter2@127.0.0.1:{server.port}?starttls"
        try:
            with pytest.raises(OSError, match="STARTTLS"):
                send(app)
        finally:
            app.config["MAIL_URL"] = ""
    assert server.received == []

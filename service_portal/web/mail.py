"""Hands mails over: to an SMTP server, or to a folder that the demo shows.

The promise is at least once under one `Message-ID`: a crash between the handing over and the note
of it sends the same mail again, and a mail program shows it once.
"""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from smtplib import SMTPDataError, SMTPNotSupportedError, SMTPRecipientsRefused
from threading import Timer
from typing import Any, BinaryIO, Self
from urllib.parse import unquote, urlsplit

from flask import current_app

from service_portal.kernel.clock import now
from service_portal.web.mail_refusals import NoMail, Stage, Unusable

# How long a server may take for one answer, and for one mail in all, however slowly it speaks.
ANSWER_SECONDS = 20
MAIL_SECONDS = 90
MAILS_A_CONNECTION = 50
# A server hangs up on whoever is refused too often: one refusal counts as so many mails.
REFUSAL_WEIGHS = 10
# No server needs more for one answer.
LINES_AN_ANSWER = 100


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in plain text. `message_id` is its stable identity, angle brackets included."""

    to: str
    subject: str
    body: str
    message_id: str


def compose(mail: Mail, *, sender: str) -> EmailMessage:
    """Make the message.

    Line breaks in header fields are refused by the library, so nothing can be injected. Raises
    NoMail for what can't be a mail, Unusable for a sender that is none.
    """
    message = EmailMessage()
    try:
        message["From"] = sender
    except (ValueError, IndexError) as error:
        raise Unusable(f"MAIL_FROM can't be used: {type(error).__name__}") from error
    try:
        message["To"] = mail.to
        message["Subject"] = " ".join(mail.subject.split())
        message["Message-ID"] = mail.message_id
        message["Date"] = format_datetime(now())
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content(mail.body)
        message.as_bytes()
    except (ValueError, IndexError) as error:
        raise NoMail(f"{type(error).__name__}: {error}") from error
    return message


class _Lines:
    """What a server says, as far as it is read for one answer."""

    def __init__(self, said: BinaryIO) -> None:
        self._said, self.left = said, LINES_AN_ANSWER

    def readline(self, most: int) -> bytes:
        """Read a line; raises OSError after too many of them."""
        if not self.left:
            raise OSError("the server does not end its answer")
        self.left -= 1
        return self._said.readline(most)

    def close(self) -> None:
        """Read no more."""
        self._said.close()


class _Dialogue(smtplib.SMTP):
    """Remembers how far the present mail came, and listens to no answer without an end."""

    stage = Stage.CONNECT

    def getreply(self) -> tuple[int, bytes]:
        """Read one answer."""
        if self.file is None and self.sock is not None:
            self.file = _Lines(self.sock.makefile("rb"))
        if self.file is not None:
            self.file.left = LINES_AN_ANSWER
        return super().getreply()

    def mail(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        """Say who a mail is from."""
        self.stage = Stage.SENDER
        return super().mail(*args, **options)

    def rcpt(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        """Say who it is for."""
        self.stage = Stage.RECIPIENT
        return super().rcpt(*args, **options)

    def data(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        """Say what it says."""
        self.stage = Stage.TEXT
        return super().data(*args, **options)


class _SecureDialogue(_Dialogue, smtplib.SMTP_SSL):
    """Over a connection that is encrypted from the beginning."""


class Post:
    """Hands mails over as the settings say; a context that keeps its connection to the server for
    as many mails as a server usually takes over one.

    `stage` is how far the last mail came that was not taken.
    """

    stage = Stage.CONNECT

    def __init__(self) -> None:
        """Connect to nothing yet."""
        self._server: _Dialogue | None = None
        self._taken = 0
        self._is_late = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._hang_up()

    def send(self, mail: Mail) -> None:
        """Hand a mail over.

        Raises OSError, of which every SMTPException is one, when the server does not take it,
        NoMail for what is none.
        """
        self.stage = Stage.CONNECT
        message = compose(mail, sender=current_app.config["MAIL_FROM"])
        if not current_app.config["MAIL_URL"]:
            _into_folder(message, outbox_folder())
            return
        if self._taken >= MAILS_A_CONNECTION:
            self._hang_up()
        self._is_late = False
        watch = Timer(MAIL_SECONDS, self._give_up)
        watch.daemon = True
        watch.start()
        try:
            server = self._server or self._open()
            server.stage = Stage.CONNECT
            _hand_over(server, message, to=mail.to)
        except BaseException as error:
            self.stage = self._server.stage if self._server else Stage.CONNECT
            if self._is_ready_after(error):
                self._taken += REFUSAL_WEIGHS
            else:
                self._cut()
                self._hang_up()
            raise
        finally:
            watch.cancel()
        self._taken += 1

    def _is_ready_after(self, error: BaseException) -> bool:
        """Say whether the server refused a mail and no more, and waits for the next one."""
        if self._is_late or self._server is None or self._server.sock is None:
            return False
        return isinstance(error, (SMTPRecipientsRefused, SMTPDataError))

    def _open(self) -> _Dialogue:
        url = current_app.config["MAIL_URL"]
        try:
            server = self._server = _connect(url)
            if self._is_late:
                raise TimeoutError("the mail server took too long to connect")
            _sign_in(server, url)
        except ValueError as error:
            # A certificate that is not believed is an OSError too, and says more by itself.
            if isinstance(error, OSError):
                raise
            raise Unusable(f"MAIL_URL can't be used: {type(error).__name__}") from None
        return server

    def _give_up(self) -> None:
        self._is_late = True
        self._cut()

    def _cut(self) -> None:
        """End the connection under whoever waits for it: a server that says a letter now and then
        would keep us for ever.
        """
        line = self._server.sock if self._server else None
        if line is not None:
            with suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)

    def _hang_up(self) -> None:
        server, self._server, self._taken = self._server, None, 0
        if server is not None:
            with suppress(OSError):
                server.quit()
            server.close()


def outbox_folder() -> Path:
    """Give the folder that takes the mails when no server is set."""
    folder = Path(current_app.config["PORTAL_HOME"]) / "mail"
    # Mails hold links that open accounts: nobody else on this machine may read them.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _trust() -> ssl.SSLContext:
    """Believe only servers whose certificate names them and leads to an authority we know: the
    system's, or the one that is set.
    """
    return ssl.create_default_context(cafile=current_app.config["MAIL_CA_FILE"] or None)


def _connect(url: str) -> _Dialogue:
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    if parts.scheme == "smtps":
        port = parts.port or 465
        return _SecureDialogue(host, port, timeout=ANSWER_SECONDS, context=_trust())
    return _Dialogue(host, parts.port or 25, timeout=ANSWER_SECONDS)


def _sign_in(server: smtplib.SMTP, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "smtp" and "starttls" in parts.query:
        server.starttls(context=_trust())
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))


def _hand_over(server: smtplib.SMTP, message: EmailMessage, *, to: str) -> None:
    try:
        server.send_message(message)
    except SMTPNotSupportedError as error:
        if to.isascii():
            raise
        raise NoMail("the server knows only addresses in ASCII") from error


def _into_folder(message: EmailMessage, folder: Path) -> None:
    name = "".join(c for c in str(message["Message-ID"]) if c.isalnum() or c in "-._") + ".eml"
    part = folder / f".{name}.{os.getpid()}"
    part.write_bytes(message.as_bytes())
    part.replace(folder / name)

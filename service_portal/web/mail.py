"""Hands mails over: to an SMTP server, or to a folder that the demo shows.

The promise is at least once under one `Message-ID`: a crash between the handing over and the note
of it sends the same mail again, and a mail program shows it once.
"""

from __future__ import annotations

import os
import smtplib
import ssl
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from smtplib import SMTPDataError, SMTPRecipientsRefused
from urllib.parse import unquote, urlsplit

from flask import current_app

from service_portal.kernel.clock import now

TIMEOUT_SECONDS = 10
MAILS_A_CONNECTION = 50


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in plain text. `message_id` is its stable identity, angle brackets included."""

    to: str
    subject: str
    body: str
    message_id: str


def compose(mail: Mail, *, sender: str) -> EmailMessage:
    """Make the message. Line breaks in header fields are refused by the library, so nothing can be injected."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = " ".join(mail.subject.split())
    message["Message-ID"] = mail.message_id
    message["Date"] = format_datetime(now())
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(mail.body)
    return message


def is_final(error: Exception) -> bool:
    """Say whether a mail can never be sent: its recipient or content is refused for good, or it can't be written as a mail at all."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, ValueError) or (isinstance(error, SMTPDataError) and error.smtp_code >= 500)


class Post:
    """Hands mails over as the settings say; a context that keeps its connection to the server for as many mails as a server usually takes over one."""

    def __init__(self) -> None:
        """Connect to nothing yet."""
        self._line = ExitStack()
        self._server: smtplib.SMTP | None = None
        self._taken = 0

    def __enter__(self) -> Post:
        return self

    def __exit__(self, *_error: object) -> None:
        self._hang_up()

    def send(self, mail: Mail) -> None:
        """Hand a mail over. Raises OSError, of which every SMTPException is one, when the server does not take it, ValueError for what is no mail."""
        message = compose(mail, sender=current_app.config["MAIL_FROM"])
        url = current_app.config["MAIL_URL"]
        if not url:
            _into_folder(message, outbox_folder())
            return
        if self._taken == MAILS_A_CONNECTION:
            self._hang_up()
        try:
            if self._server is None:
                self._server = _connect(url, self._line)
            self._server.send_message(message)
        except OSError:
            self._hang_up()
            raise
        self._taken += 1

    def _hang_up(self) -> None:
        self._server, self._taken = None, 0
        with suppress(OSError):
            self._line.close()


def send(mail: Mail) -> None:
    """Hand one mail over; raises what `Post.send` raises."""
    with Post() as post:
        post.send(mail)


def outbox_folder() -> Path:
    """Give the folder that takes the mails when no server is set."""
    folder = Path(current_app.config["PORTAL_HOME"]) / "mail"
    # Mails hold links that open accounts: nobody else on this machine may read them.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _connect(url: str, line: ExitStack) -> smtplib.SMTP:
    parts = urlsplit(url)
    secure = parts.scheme == "smtps"
    host, port = parts.hostname or "localhost", parts.port or (465 if secure else 25)
    server = line.enter_context((smtplib.SMTP_SSL if secure else smtplib.SMTP)(host, port, timeout=TIMEOUT_SECONDS))
    if not secure and "starttls" in parts.query:
        server.starttls(context=ssl.create_default_context())
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server


def _into_folder(message: EmailMessage, folder: Path) -> None:
    name = "".join(c for c in str(message["Message-ID"]) if c.isalnum() or c in "-._") + ".eml"
    part = folder / f".{name}.{os.getpid()}"
    part.write_bytes(message.as_bytes())
    part.replace(folder / name)

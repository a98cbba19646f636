"""Flask-Security's mail: how it reads addresses, and the way its letters go."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import current_app, g
from flask_security import MailUtil
from flask_security.mail_util import EmailValidateException
from flask_security.utils import get_message

from service_portal.accounts.letters import queue_letter

# No address is longer (RFC 5321).
LONGEST_ADDRESS = 254
_ORIGIN = re.compile(r"https?://[^/\s]*")


class SecurityMail(MailUtil):
    """Reads addresses once a request, and lets Flask-Security's letters go the way of every other
    mail of the portal.
    """

    def normalize(self, email: str) -> str:
        """Give an address in the form it is looked up by."""
        return self._read("normal", email, super().normalize)

    def validate(self, email: str) -> str:
        """Give an address that can receive mail, in that form."""
        return self._read("valid", email, super().validate)

    def _read(self, how: str, email: str, read: Callable[[str], str]) -> str:
        """Look at the length first: what reads an address takes a second for each two megabytes of
        it.
        """
        if len(email) > LONGEST_ADDRESS:
            raise EmailValidateException(get_message("INVALID_EMAIL_ADDRESS")[0])
        known: dict[tuple[str, str], str] = g.setdefault("addresses", {})
        if (how, email) not in known:
            known[how, email] = read(email)
        return known[how, email]

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: Any,
        sender: Any,
        body: str | None,
        html: str | None,
        **context: Any,
    ) -> None:
        """Queue a letter, or give it to the worker that is about to send it."""
        base = current_app.config["BASE_URL"].rstrip("/")
        # Its links are made of the Host header, which anybody can choose; ours begin with the
        # address that is set.
        text = _ORIGIN.sub(lambda _found: base, body or "")
        if "written" in g:
            g.written.append((str(subject), text))
            return
        person = context.get("user")
        queue_letter(
            template=template.rpartition("/")[2],
            email=str(recipient),
            subject=str(subject),
            body=text,
            person_id=person.id if person else None,
        )

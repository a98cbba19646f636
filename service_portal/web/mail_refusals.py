"""What the refusal of a mail means: that this very mail can never be sent, that the operator has
something to mend, or that it only has to wait.
"""

from __future__ import annotations

import re
import ssl
from smtplib import (
    SMTPDataError,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

# RFC 3463 gives many answers a code of their own kind; it begins the answer, or stands at its end.
KIND = re.compile(r"(?:^\s*|#)([245]\.\d{1,3}\.\d{1,3})\b")
# About the recipient's address, unless it is the sender's (5.1.7, 5.1.8); a mailbox that is closed
# (5.2.1) or takes no mail of this size (5.2.3, 5.3.4).
FINAL_KIND = re.compile(r"5\.(1\.(?![078]\b)\d+|2\.[13]|3\.4)$")
# What a mail consists of.
FINAL_CONTENT = re.compile(r"5\.6\.[1-9]\d*$")
# Answers without such a code are given up only where they say that the mailbox is none: servers
# give the same numbers for what they have against us.
FINAL_CODES = {550, 551, 553}
NO_MAILBOX = re.compile(
    r"no such|unknown (user|recipient|mailbox|address)|(user|recipient|mailbox|address|account)"
    r"( name)?( is)? (unknown|not found|not local|not allowed|unavailable|disabled|invalid)"
    r"|(does not|doesn't) exist|invalid (recipient|mailbox|user)",
    re.IGNORECASE,
)
AGAINST_US = re.compile(
    r"relay|authent|tls|sender|policy|block|spam|dkim|spf|sending|quota|helo",
    re.IGNORECASE,
)


class NoMail(ValueError):
    """What was written can't be a mail, or its address none that this server can reach."""


class Unusable(OSError):
    """The settings can't be worked with. It quotes none of them: one holds a password."""


def is_final(error: Exception) -> bool:
    """Say whether a mail can never be sent: its recipient or content is refused for good, or it is
    no mail at all.
    """
    if isinstance(error, NoMail):
        return True
    about_mail = isinstance(error, (SMTPRecipientsRefused, SMTPDataError))
    return about_mail and all(_is_final(code, said) for code, said in _answers(error))


def needs_operator(error: Exception) -> bool:
    """Say whether every mail would be refused like this until somebody mends a setting or the
    server.
    """
    if isinstance(error, (Unusable, SMTPNotSupportedError, ssl.SSLCertVerificationError)):
        return True
    return not is_final(error) and any(code >= 500 for code, _ in _answers(error))


def _answers(error: Exception) -> list[tuple[int, str]]:
    found: list[tuple[int, bytes | str]] = []
    if isinstance(error, SMTPRecipientsRefused):
        found += list(error.recipients.values())
    elif isinstance(error, SMTPResponseException):
        found = [(error.smtp_code, error.smtp_error)]
    return [
        (code, said.decode(errors="replace") if isinstance(said, bytes) else str(said))
        for code, said in found
    ]


def _is_final(code: int, said: str) -> bool:
    if code < 500:
        return False
    if AGAINST_US.search(said):
        return False
    kind = KIND.search(said)
    if kind:
        return bool(FINAL_KIND.match(kind[1]) or FINAL_CONTENT.match(kind[1]))
    return code in FINAL_CODES and NO_MAILBOX.search(said) is not None

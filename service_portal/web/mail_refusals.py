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

# RFC 3463 begins many answers with a code of their own kind.
KIND = re.compile(r"\s*[245]\.\d{1,3}\.\d{1,3}\b")
# About the recipient's address, unless it is the sender's (5.1.7, 5.1.8); a mailbox that is closed
# (5.2.1) or takes no mail of this size (5.2.3, 5.3.4); what a mail consists of.
FINAL_KIND = re.compile(r"\s*5\.(1\.(?![78]\b)\d+|2\.[13]|3\.4|6\.\d+)\b")
# Answers without such a code: no such mailbox, one that is elsewhere, a name that can't be one.
FINAL_CODES = {550, 551, 553}
# Some servers give the same codes for what they have against us.
AGAINST_US = re.compile(r"relay|authent|tls|sender|policy|block|spam", re.IGNORECASE)


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
    if KIND.match(said):
        return FINAL_KIND.match(said) is not None
    return code in FINAL_CODES and not AGAINST_US.search(said)

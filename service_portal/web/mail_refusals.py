"""What it means that a mail was not taken, and what becomes of it.

First counts when it was said: before the recipient was named it is about us or the server; at the
recipient about them, unless code or words say us; at the text about this mail or us. Then counts
the code that RFC 3463 gives, last the words, without the addresses they quote. Of an answer only
the beginning is looked at: judging takes no longer for a longer one.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from enum import StrEnum
from smtplib import SMTPNotSupportedError, SMTPRecipientsRefused, SMTPResponseException
from string import ascii_letters, digits
from urllib.parse import quote

# So much of what a server says is looked at.
MOST_SAID = 1_000
# Before an error that stays until the operator has mended something.
TO_MEND = "to mend: "


class NoMail(ValueError):
    """What was written can't be a mail, or its address none that this server can reach."""


class Unusable(OSError):
    """The settings can't be worked with. It quotes none of them: one holds a password."""


class Stage(StrEnum):
    """How far a mail came."""

    WRITING = "writing"
    CONNECT = "connect"
    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    TEXT = "DATA"


class Fate(StrEnum):
    """What becomes of a mail that was not taken."""

    # Its recipient is none, or it is no mail.
    FAILS = "fails"
    # The operator sends it again or drops it.
    HELD = "held"
    # It is tried again for as long as mails are tried.
    LATER = "later"
    # It is tried again for as long as it takes: the server is away, or the operator has to mend
    # what is wrong for every mail.
    WAITS = "waits"
    TO_MEND = "to mend"
    # It broke in our own hands: some times are enough.
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a mail was not taken: `summary` names nobody and may be read by everybody, `words` are
    the server's, without addresses.
    """

    stage: Stage
    fate: Fate
    summary: str
    words: str = ""
    domain: str = ""
    # About the recipient's mailbox rather than their domain.
    is_mailbox: bool = False

    @property
    def is_about_all(self) -> bool:
        """Say whether no other mail would be taken now either."""
        return self.stage in (Stage.CONNECT, Stage.SENDER)

    @property
    def said(self) -> str:
        """Give it as it is noted with the mail."""
        mark = TO_MEND if self.fate is Fate.TO_MEND else ""
        return f"{mark}{self.summary}: {self.words}".removesuffix(": ")[:500]


_SUMMARY = re.compile(
    r"(?:to mend: )?((?:writing|connect|MAIL|RCPT|DATA) [^:@]*|MAIL_[A-Z_]+ can't be used)(?:: |$)"
)
_OF_DOMAIN = re.compile(
    r"(?:to mend: )?(?:RCPT|DATA) (?:[A-Za-z]+|[\d. ]+?)(?: ([^ :@]+))?(?:: |$)"
)


def summary_of(noted: str) -> str:
    """Give of a noted error what everybody may read; nothing of one in a form of before."""
    found = _SUMMARY.match(noted)
    return found[1] if found else ""


def domain_of(noted: str) -> str:
    """Give the recipient's domain of an error that was noted at their name or later."""
    found = _OF_DOMAIN.match(noted)
    return (found[1] or "") if found else ""


# It begins the answer, or stands at its end.
_KIND = re.compile(r"(?:^\s*|#)([245]\.\d{1,3}\.\d{1,3})\b")
# Written in full width, they are read as the plain ones.
_WIDE = {0xFEE0 + ord(c): c for c in f"{ascii_letters}{digits}@%+-._"} | {0xFE6B: "@"}
_AT = r"(?:@|%40|&#64;)"
_ADDRESS = re.compile(rf"<[^<>\s]*>|\"[^\"]*\"{_AT}\S+|[^\s<>()\[\],;:\"]+{_AT}[^\s<>()\[\],;\"]+")
_LINK = re.compile(r"https?://\S+|\[[^\]]*\]|\b(?=\S*\d)(?=\S*[a-z])[\w.-]{12,}", re.IGNORECASE)

# At the recipient. Codes about us: the sender's address, protocol, security and policy.
_OUR_NUMBERS = {500, 502, 503, 504, 530, 534, 535, 538, 555}
_OUR_KINDS = re.compile(r"5\.(1\.[789]|3\.[01235-9]|5\.\d+|7\.\d+)$")
_OUR_WORDS = re.compile(
    r"""\b(sender|originator|(mail|envelope|header|message)[ ]from|from[ ](address|domain)
    |return[ -]?(path|address)|client|helo|ehlo|ip|[rd]?n?s?[bw]l|block(ed|[ -]?list(ed)?)
    |black[ -]?list(ed)?|listed|reputation|spam|spf|dkim|dmarc|ptr|reverse[ ]dns|rdns|relay\w*
    |not[ ]local[ ]host|gateway|polic(y|ies)|authenti\w+|auth|tls|encrypt\w*|credentials|password
    |log[ ]?in|billing|sending|rate[ ]limit\w*|daily|dns|mx[ ]record|accept[ ]mail[ ]from
    |your[ ](account|address|domain|host|ip|mail|message|network|server|hostname)
    |starttls|rcpthosts)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_REFUSED_ADDRESS = re.compile(
    r"\brecipient('s)? (address )?(rejected|unknown|refused)", re.IGNORECASE
)
# Codes about them: an address that is none, a mailbox that is closed or takes no mail of this size.
_THEIR_KINDS = re.compile(r"5\.(1\.\d+|2\.[13]|3\.4|4\.[14])$")
_FULL_KIND, _FULL = (
    "5.2.2",
    re.compile(r"\b(mailbox|inbox|user|recipient|account)\b.*\b(full|quota)"),
)
_MAILBOX_KINDS = re.compile(r"[45]\.(1\.[01346]|2\.\d+)$")
_BUSY_NUMBER = 552
_THEIR_NUMBERS = {556}
_NO_MAILBOX = re.compile(
    r"no such|\bno mailbox\b|unknown (user|recipient|mailbox|address)"
    r"|(user|recipient|mailbox|address)( name)?( is)? (unknown|not found|not local|unavailable"
    r"|disabled|invalid|restricted)|(user|recipient|mailbox) (name )?not allowed"
    r"|(user|recipient|mailbox)\b[^.;]* (does not|doesn't) exist"
    r"|(invalid|bad) (recipient|mailbox|user|address)",
    re.IGNORECASE,
)


def without_addresses(said: str, to: str = "") -> str:
    """Take the addresses out of what a server says, and the name of the mailbox that was written
    to wherever it stands as a word.
    """
    words = _ADDRESS.sub("…", _beginning(said))
    mailbox = to.rpartition("@")[0]
    names = {mailbox, mailbox.strip('"'), mailbox.partition("+")[0]}
    forms = {form for name in names if name for form in (name, quote(name, safe=""))}
    if forms:
        either = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
        words = re.sub(rf"(?<![^\W_])(?:{either})(?![^\W_])", "…", words, flags=re.IGNORECASE)
    return " ".join(words.split())


def _beginning(said: str) -> str:
    """Give the first words, each whole: half a name would not be known as one."""
    if len(said) > MOST_SAID:
        said = re.sub(r"\S*$", "", said[: MOST_SAID + 1])
    return said.translate(_WIDE)


def refusal_of(error: Exception, *, stage: Stage, to: str = "") -> Refusal:
    """Judge why a mail to an address was not taken, by how far it came."""
    plain = without_addresses(str(error), to)
    if isinstance(error, NoMail):
        return Refusal(Stage.WRITING, Fate.FAILS, f"writing {type(error).__name__}", plain)
    if isinstance(error, Unusable):
        summary, _colon, words = str(error).partition(": ")
        return Refusal(Stage.CONNECT, Fate.TO_MEND, summary, words)
    if not isinstance(error, OSError):
        return Refusal(Stage.WRITING, Fate.BROKEN, f"writing {type(error).__name__}", plain)
    number, said = _answer(error)
    kind = found[1] if (found := _KIND.search(said)) else ""
    what = f"{number} {kind}".strip() if number else type(error).__name__
    domain = ""
    if stage in (Stage.RECIPIENT, Stage.TEXT):
        domain = "".join(c for c in to.rpartition("@")[2].lower() if c.isalnum() or c in ".-")
    summary = " ".join(part for part in (stage, what, domain) if part)
    words = without_addresses(said, to) if number else plain
    fate = _fate(error, stage, number, kind, said)
    return Refusal(stage, fate, summary, words, domain, _is_of_mailbox(kind, said))


def _is_of_mailbox(kind: str, said: str) -> bool:
    """Say whether an answer is about one mailbox: it is full, closed, or there is none."""
    words = _ADDRESS.sub("", said)
    return bool(
        _MAILBOX_KINDS.match(kind) or _FULL.search(words.lower()) or _NO_MAILBOX.search(words)
    )


def _answer(error: Exception) -> tuple[int, str]:
    """Give the number and words of the server; 0 when it did not answer."""
    found: tuple[int, bytes | str] = (0, "")
    if isinstance(error, SMTPRecipientsRefused):
        found = next(iter(error.recipients.values()), found)
    elif isinstance(error, SMTPResponseException):
        found = error.smtp_code, error.smtp_error
    number, said = found
    words = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return number, _beginning(words)


def _fate(error: Exception, stage: Stage, number: int, kind: str, said: str) -> Fate:
    if isinstance(error, (SMTPNotSupportedError, ssl.SSLCertVerificationError)):
        return Fate.TO_MEND
    if number == 0:
        return Fate.WAITS
    if stage is Stage.RECIPIENT:
        return _fate_of_recipient(number, kind, said) if number >= 500 else Fate.LATER
    if stage is Stage.TEXT:
        return Fate.HELD if number >= 500 else Fate.LATER
    return Fate.TO_MEND if number >= 500 else Fate.WAITS


def _fate_of_recipient(number: int, kind: str, said: str) -> Fate:
    words = " ".join(_LINK.sub("", _ADDRESS.sub("", said)).split())
    if _OUR_WORDS.search(words):
        return Fate.TO_MEND
    if _OUR_KINDS.match(kind):
        # Some say so of an address that they refuse.
        return Fate.FAILS if _REFUSED_ADDRESS.search(words) else Fate.TO_MEND
    if kind == _FULL_KIND or (number == _BUSY_NUMBER and not kind) or _FULL.search(words.lower()):
        return Fate.LATER
    if _THEIR_KINDS.match(kind) or number in _THEIR_NUMBERS:
        return Fate.FAILS
    if number in _OUR_NUMBERS:
        return Fate.TO_MEND
    # Neither code nor words say whose it is: nothing is lost, and nobody else waits for it.
    return Fate.FAILS if _NO_MAILBOX.search(words) or _is_syntax(number, words) else Fate.HELD


def _is_syntax(number: int, words: str) -> bool:
    return number == 501 and re.search(r"\baddress syntax\b", words, re.IGNORECASE) is not None

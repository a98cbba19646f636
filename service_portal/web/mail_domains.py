"""Lets the mails to a domain rest that puts one off after the other, so that others need not wait
for it. Known in each process that sends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

from flask import current_app

from service_portal.web.mail_refusals import Fate, Refusal, Stage

# Somebody who is put off says nothing of others at their domain, several in a row do.
ENOUGH = 3
FIRST_REST, LONGEST_REST = 30.0, 300.0
# So many domains are remembered.
MOST = 1_000

_KEPT = "portal_mail_domains"


@dataclass(slots=True)
class _Known:
    refused: int = 0
    rest: float = 0.0
    until: float = 0.0
    refusal: Refusal | None = None


@dataclass(slots=True)
class Domains:
    """What is known of domains that did not take a mail."""

    _known: dict[str, _Known] = field(default_factory=dict)

    def resting(self, address: str) -> tuple[Refusal, timedelta] | None:
        """Give why the domain of an address rests and for how long still, None when it does not."""
        known = self._known.get(_domain(address))
        left = known.until - monotonic() if known else 0.0
        if known is None or known.refusal is None or left <= 0:
            return None
        return known.refusal, timedelta(seconds=left)

    def note_refused(self, address: str, refusal: Refusal) -> None:
        """Remember that a mail was put off; a mailbox that is full is no sign of its domain."""
        is_put_off = refusal.stage in (Stage.RECIPIENT, Stage.TEXT) and refusal.fate in (
            Fate.LATER,
            Fate.WAITS,
        )
        if refusal.is_mailbox or not is_put_off:
            return
        if len(self._known) >= MOST:
            self._known.clear()
        known = self._known.setdefault(_domain(address), _Known())
        known.refused, known.refusal = known.refused + 1, refusal
        if known.refused >= ENOUGH:
            known.rest = min(max(FIRST_REST, known.rest * 2), LONGEST_REST)
            known.until = monotonic() + known.rest

    def note_taken(self, address: str) -> None:
        """Forget what was against a domain that has taken a mail."""
        self._known.pop(_domain(address), None)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def domains() -> Domains:
    """Give what is known in this process."""
    known: Domains = current_app.extensions.setdefault(_KEPT, Domains())
    return known

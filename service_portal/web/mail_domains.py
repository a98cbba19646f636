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
    # For mails that were tried before, and for those that were not.
    until: float = 0.0
    until_first: float = 0.0
    refusal: Refusal | None = None


@dataclass(slots=True)
class Domains:
    """What is known of domains that did not take a mail."""

    _known: dict[str, _Known] = field(default_factory=dict)

    def resting(self, address: str, *, is_first: bool = True) -> tuple[Refusal, timedelta] | None:
        """Give why the domain of an address rests and for how long still, None when it does not.

        For a mail that was never tried it rests only after others that were never tried.
        """
        known = self._known.get(_domain(address))
        if known is None or known.refusal is None:
            return None
        left = (known.until_first if is_first else known.until) - monotonic()
        if left <= 0:
            return None
        return known.refusal, timedelta(seconds=left)

    def note_refused(self, address: str, refusal: Refusal, *, is_first: bool = True) -> None:
        """Remember that a mail was put off.

        A mailbox that is none or full is no sign of its domain, and one that is refused again says
        nothing new: it lengthens no rest, and nobody waits for it who was never tried.
        """
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
            if is_first or not known.rest:
                known.rest = min(max(FIRST_REST, known.rest * 2), LONGEST_REST)
            known.until = monotonic() + known.rest
            if is_first:
                known.until_first = known.until

    def note_taken(self, address: str) -> None:
        """Forget what was against a domain that has taken a mail."""
        self._known.pop(_domain(address), None)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def domains() -> Domains:
    """Give what is known in this process."""
    known: Domains = current_app.extensions.setdefault(_KEPT, Domains())
    return known

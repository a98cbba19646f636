"""How often something may be done. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many times in each window; windows follow each other without a gap."""

    most: int
    window: timedelta

    def begin(self, now: datetime) -> datetime:
        """Give when the window of a moment begins."""
        length = self.window.total_seconds()
        return datetime.fromtimestamp(now.timestamp() // length * length, now.tzinfo)

    def wait(self, now: datetime) -> int:
        """Give the whole seconds until the next window begins, at least one."""
        return max(1, round((self.begin(now) + self.window - now).total_seconds()))


_TEN_MINUTES = timedelta(minutes=10)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
# The longest that anything is counted for; what is kept of a longer window would be forgotten.
LONGEST = timedelta(days=30)

# Guesses at one password from one machine, or from one browser that its owner has signed in with.
GUESSES_FROM_ONE_PLACE = (Limit(10, _TEN_MINUTES), Limit(100, _DAY))
# Guesses at any passwords from one machine: a whole office may stand behind one address.
GUESSES_OF_ONE_MACHINE = (Limit(100, _TEN_MINUTES),)
# Guesses at one password from all machines together that its owner has not signed in with.
GUESSES_OF_STRANGERS = (Limit(30, _TEN_MINUTES), Limit(100, _DAY))
# Guesses at the code of the second factor, by somebody who knows the password: from one machine,
# and from all machines together that its owner has not signed in with. Three of a million codes
# are right at any moment, so these find one with 0.22 % in a year (decision 0028).
CODES_FROM_ONE_PLACE = (Limit(10, _DAY),)
CODES_OF_STRANGERS = (Limit(30, _DAY), Limit(60, LONGEST))
# Letters that say that somebody who knows the password tries codes.
WARNINGS = (Limit(1, timedelta(days=7)),)
# Letters with a link to set a password: the link of an earlier one is valid for an hour, so whoever
# gets no more has one that works.
RESET_LETTERS = (Limit(3, _HOUR),)

# Letters with an invitation. An administrator lets a whole zone in.
INVITATIONS_OF_AN_INVITER = (Limit(20, _HOUR), Limit(60, _DAY))
INVITATIONS_OF_AN_ORGANISATION = (Limit(40, _HOUR), Limit(120, _DAY))
INVITATIONS_OF_AN_ADMINISTRATOR = (Limit(300, _HOUR), Limit(2000, _DAY))

# What an enterprise says of a result: each change of a verdict is a line of the ledger for ever.
VERDICTS_OF_A_TICKET = (Limit(5, _DAY),)
RATINGS_OF_A_TICKET = (Limit(20, _DAY),)

# Tokens of one person that work at the same time.
MOST_TOKENS = 20

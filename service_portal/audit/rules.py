"""The kinds of entries, and when a repetition is worth an entry of its own. Pure."""

from __future__ import annotations

import re
from enum import StrEnum


class Kind(StrEnum):
    """What an entry is about."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 – a kind of entry
    PASSWORD_RESET = "password_reset"  # noqa: S105 – a kind of entry
    FACTOR_CHANGED = "factor_changed"
    REFUSED = "refused"
    MISSING = "missing"
    THROTTLED = "throttled"
    FORGED = "forged"
    EXPORTED = "exported"
    ROLE_GIVEN = "role_given"
    ROLE_ENDED = "role_ended"
    INVITED = "invited"
    INVITATION_ACCEPTED = "invitation_accepted"
    INVITATION_REVOKED = "invitation_revoked"
    TOKEN_MADE = "token_made"  # noqa: S105 – a kind of entry
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 – a kind of entry
    PERSON_CHANGED = "person_changed"
    DIRECTORY_CHANGED = "directory_changed"
    CATALOGUE_CHANGED = "catalogue_changed"
    RULE_CHANGED = "rule_changed"
    CALENDAR_CHANGED = "calendar_changed"


# How many alike in ten minutes stand one by one; of more, the 10th, 100th, 1000th … each.
ONE_BY_ONE = {
    Kind.SIGNED_IN: 20,
    Kind.SIGNED_OUT: 20,
    Kind.SIGN_IN_FAILED: 10,
    Kind.EXPORTED: 20,
}
# Entries of one kind about people who have not signed in, from all addresses together, in ten
# minutes.
MOST_OF_STRANGERS = 500
# Of these, the ones that name a person have a share for each, and for each way to try: neither a
# flood of others nor one of refused tokens keeps wrong passwords out.
MOST_ABOUT_ONE = 100

_ADDRESS = re.compile(r"[^@\s\x00-\x1f]{1,64}@[a-z0-9.-]{1,190}\.[a-z]{2,24}")


def address_typed(text: str) -> str:
    """Give what was typed as an address if it looks like one: what does not could be a password,
    and is not kept.
    """
    said = text.strip().lower()[:255]
    return said if _ADDRESS.fullmatch(said) else ""

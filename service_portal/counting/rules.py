"""What becomes usage and under which key it can be counted only once (domain.md 2.6). Pure."""

from __future__ import annotations

from datetime import date

from service_portal.tickets.codes import ContactChannel, Outcome

RULE_VERSION = 1


def event_key(
    *, enterprise_id: int, ticket_id: int, station_id: int, institution_id: int | None, day: date
) -> str:
    """Name a service event so that an enterprise, ticket, provider and local day count once."""
    provider = f"i{institution_id}" if institution_id is not None else f"s{station_id}"
    return f"event:{enterprise_id}:{ticket_id}:{provider}:{day.isoformat()}"


# How a case ends that counts.
COUNTED = frozenset({Outcome.RESOLVED, Outcome.PARTLY, Outcome.ANSWERED})
# Why a case is taken back: codes, so that they read in every language.
REOPENED, NOT_SOLVED = "reopened", "not_solved"


def case_key(*, ticket_id: int, cycle: int, again: int = 0) -> str:
    """Name a closed case so that each cycle of a ticket counts once; only a reversal allows the
    next.

    `again` is how often this cycle was counted before: an enterprise may change its verdict and
    change it back.
    """
    return f"case:{ticket_id}:{cycle}:{again + 1}" if again else f"case:{ticket_id}:{cycle}"


def is_case(*, outcome: str | None, verdict: str | None = None) -> bool:
    """Say whether a closed ticket is a case: it ended with a result, and the enterprise does not
    say that it is not solved.
    """
    return outcome in COUNTED and verdict != NOT_SOLVED


def persons_of(*, count_basis: str, channel: str, attendees: int) -> int:
    """Give the persons a service event counts for: who came to an event or a booking, never who
    talked about a case or read an answer. The recount says the same in SQL.
    """
    return (
        attendees
        if channel == ContactChannel.EVENT
        or (
            count_basis == "event"
            and channel not in {ContactChannel.MESSAGE, ContactChannel.DOCUMENT}
        )
        else 0
    )

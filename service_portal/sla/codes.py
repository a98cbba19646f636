"""The codes of promises; the database checks each of them. Pure."""

from __future__ import annotations

from enum import StrEnum


class ClockKind(StrEnum):
    """What is promised."""

    ACCEPT = "accept"
    CONTACT = "contact"
    RESOLVE = "resolve"
    OFFER = "offer"
    DECISION = "decision"
    LOOK_AGAIN = "look_again"
    HANDLE = "handle"
    CALL_BACK = "call_back"


# What an institution owes the station, not the zone the enterprise.
OF_INSTITUTION = (ClockKind.OFFER, ClockKind.HANDLE)
# What is no deadline of a ticket: neither its queue sorts by it nor its light shows it.
ASIDE = (*OF_INSTITUTION, ClockKind.CALL_BACK)


class LimitUnit(StrEnum):
    """What a limit counts: working hours, working days, hours, days."""

    WORKING_HOURS = "wh"
    WORKING_DAYS = "wd"
    HOURS = "h"
    DAYS = "d"


class Rung(StrEnum):
    """A step of the ladder that a promise climbs while nobody keeps it."""

    REMIND = "remind"
    YELLOW = "yellow"
    RED = "red"
    LEVEL1 = "level1"
    LEVEL2 = "level2"
    LEVEL3 = "level3"

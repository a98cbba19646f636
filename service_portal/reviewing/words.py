"""What can be counted by what, and the definitions printed beside the numbers (domain.md 2.6)."""

from __future__ import annotations

from service_portal.web.translations import Later
from service_portal.web.translations import later as _l
from service_portal.web.translations import later_in as _lp

GROUPS: dict[str, Later] = {
    "station": _l("Station"),
    "institution": _lp("group", "Institution"),
    "category": _l("Category"),
    "service": _l("Service"),
    "enterprise": _l("Enterprise"),
    "park": _l("Park"),
    "month": _l("Month"),
}

DEFINITIONS: dict[str, tuple[Later, Later]] = {
    "enterprises": (
        _l("Enterprises served"),
        _l(
            "Distinct enterprises with at least one countable contact. Never added over months,"
            " stations or parks."
        ),
    ),
    "cases": (
        _l("Cases closed"),
        _l("Tickets closed as resolved, partly resolved or answered, less those opened again."),
    ),
    "events": (
        _l("Service events"),
        _l("Substantive contacts with evidence, at most one a day for each ticket and provider."),
    ),
    "minutes": (
        _l("Time (hours:minutes)"),
        _l("Contact time of these events, to the minute; preparation and travel are not in it."),
    ),
}

# Why the product takes a line back by itself; a person writes a reason of their own.
CORRECTION_REASONS: dict[str, Later] = {
    "reopened": _l("opened again"),
    "not_solved": _l("the enterprise says it is not solved"),
}

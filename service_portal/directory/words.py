"""How the states of an institution are said."""

from __future__ import annotations

from service_portal.web.translations import Later
from service_portal.web.translations import later as _l

INSTITUTION_STATES: dict[str, Later] = {
    "applied": _l("applied"),
    "reviewed": _l("reviewed"),
    "admitted": _l("admitted"),
    "suspended": _l("suspended"),
    "exited": _l("exited"),
}

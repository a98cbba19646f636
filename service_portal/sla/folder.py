"""What this folder brings to the portal."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from service_portal.access.permissions import Permission as P
from service_portal.folders import Folder, MenuEntry
from service_portal.sla import models, views
from service_portal.sla.services import load_official_days

FOLDER = Folder(
    name="sla",
    tables=models,
    noted=("calendar", "calendar_day", "calendar_year"),
    pages=(views.blueprint,),
    menu=(MenuEntry(130, "sla.calendars", _l("Calendars"), "calendar", P.CALENDAR_EDIT),),
    seed=lambda _now: load_official_days(),
)

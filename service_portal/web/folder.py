"""What this folder brings to the portal."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from service_portal.access.permissions import Permission as P
from service_portal.folders import Folder, MenuEntry
from service_portal.web import health, models

FOLDER = Folder(
    name="web",
    tables=models,
    pages=(health.blueprint,),
    menu=(MenuEntry(160, "status.show_status", _l("Status"), "activity", P.STATUS_READ),),
)

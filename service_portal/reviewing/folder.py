"""What this folder brings to the portal."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from service_portal.access.actor import Role
from service_portal.access.permissions import Permission as P
from service_portal.folders import Folder, MenuEntry
from service_portal.reviewing import views

FOLDER = Folder(
    name="reviewing",
    pages=(views.blueprint,),
    menu=(MenuEntry(80, "reviewing.counts", _l("Counts"), "chart-bar", P.COUNTS_READ, "g c"),),
    homes=dict.fromkeys((Role.MANAGER, Role.AUDITOR), "reviewing.counts"),
)

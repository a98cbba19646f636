"""What this folder brings to the portal."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from service_portal.access.actor import STATION_ROLES
from service_portal.access.permissions import Permission as P
from service_portal.folders import Folder, MenuEntry
from service_portal.working import views

FOLDER = Folder(
    name="working",
    pages=(views.blueprint,),
    menu=(
        MenuEntry(30, "working.queue", _l("Queue"), "inbox", P.TICKET_QUEUE, "g q"),
        MenuEntry(40, "working.my_cases", _l("My cases"), "briefcase", P.TICKET_QUEUE, "g t"),
    ),
    homes=dict.fromkeys(STATION_ROLES, "working.queue"),
)

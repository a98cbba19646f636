"""What this folder brings to the portal."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from service_portal.access.permissions import Permission as P
from service_portal.folders import Folder, MenuEntry
from service_portal.routing import models, views
from service_portal.routing.seeding import load_rules

FOLDER = Folder(
    name="routing",
    tables=models,
    noted=("routing_rule",),
    pages=(views.blueprint,),
    menu=(MenuEntry(100, "routing.rules", _l("Routing rules"), "route", P.ROUTING_EDIT),),
    seed=lambda _now: load_rules(),
)

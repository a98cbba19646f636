"""What this folder brings to the portal."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from service_portal.access.permissions import Permission as P
from service_portal.facts import figure_views, models, pages, views, zone_views
from service_portal.folders import Folder, MenuEntry

# Their pages stand on the one blueprint once they are imported.
VIEWS = (views, figure_views, zone_views)

FOLDER = Folder(
    name="facts",
    tables=models,
    pages=(pages.blueprint,),
    menu=(MenuEntry(25, "facts.newest_sheet", _l("Figures"), "edit", P.FACT_STATE),),
)

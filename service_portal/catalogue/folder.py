"""What this folder brings to the portal."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from service_portal.access.permissions import Permission as P
from service_portal.catalogue import models, views
from service_portal.catalogue.services import load_catalogue
from service_portal.folders import Folder, MenuEntry

FOLDER = Folder(
    name="catalogue",
    tables=models,
    noted=("category", "service", "service_version"),
    pages=(views.blueprint,),
    menu=(
        MenuEntry(20, "catalogue.browse", _l("Services"), "layout-grid", P.TICKET_FILE, "g s"),
        MenuEntry(120, "catalogue.admin_services", _l("Catalogue"), "books", P.CATALOGUE_EDIT),
    ),
    seed=lambda now: load_catalogue(now=now),
)

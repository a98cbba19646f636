"""What this folder brings to the portal."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from service_portal.access.actor import ENTERPRISE_ROLES
from service_portal.access.permissions import Permission as P
from service_portal.filing import (
    change_service_views,
    draft_views,
    pages,
    request_views,
    resubmit_views,
    split_views,
    views,
)
from service_portal.folders import Folder, MenuEntry

# Their pages stand on the one blueprint once they are imported.
VIEWS = (views, request_views, draft_views, resubmit_views, change_service_views, split_views)

FOLDER = Folder(
    name="filing",
    pages=(pages.blueprint,),
    menu=(
        MenuEntry(10, "filing.home", _l("My tickets"), "home", P.TICKET_FILE, "g h"),
        MenuEntry(
            50,
            "filing.on_behalf",
            _l("File for an enterprise"),
            "file-plus",
            P.TICKET_FILE_ON_BEHALF,
            "g f",
        ),
    ),
    homes=dict.fromkeys(ENTERPRISE_ROLES, "filing.home"),
)

"""What this folder brings to the portal."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from service_portal.access.actor import Role
from service_portal.access.permissions import Permission as P
from service_portal.directory import models, pages, views, wish_views
from service_portal.directory.seeding import load_zone
from service_portal.folders import Folder, MenuEntry

# Their pages stand on the one blueprint once they are imported.
VIEWS = (views, wish_views)

FOLDER = Folder(
    name="directory",
    tables=models,
    noted=(
        "absence",
        "enterprise",
        "enterprise_exclusion",
        "enterprise_preference",
        "institution",
        "institution_scope",
        "interest_conflict",
        "member",
        "member_skill",
        "park",
        "station",
        "station_coverage",
        "zone",
    ),
    pages=(pages.blueprint,),
    menu=(MenuEntry(110, "directory.index", _l("Directory"), "address-book", P.DIRECTORY_EDIT),),
    homes={Role.ADMINISTRATOR: "directory.index"},
    seed=lambda _now: load_zone(),
)

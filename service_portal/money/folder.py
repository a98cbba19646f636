"""What this folder brings to the portal."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from service_portal.access.permissions import Permission as P
from service_portal.folders import Folder, MenuEntry
from service_portal.money import booking_views, models, pages, row_views, views
from service_portal.money.health import HEALTH

# Each adds its pages to the blueprint.
PAGES = (views, row_views, booking_views)

FOLDER = Folder(
    name="money",
    tables=models,
    pages=(pages.blueprint,),
    health=HEALTH,
    menu=(MenuEntry(82, "money.finance", _l("Finance"), "coin", P.LEDGER_VERIFY, "g f"),),
)

"""What this folder brings to the portal."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from service_portal.access.actor import INSTITUTION_ROLES
from service_portal.access.permissions import Permission as P
from service_portal.assigning import views
from service_portal.folders import Folder, MenuEntry

FOLDER = Folder(
    name="assigning",
    pages=(views.blueprint,),
    menu=(
        MenuEntry(60, "assigning.board", _l("Board"), "layout-kanban", P.TICKET_BOARD, "g b"),
        MenuEntry(
            70,
            "assigning.desk",
            _l("Offers and cases"),
            "building-community",
            P.OFFER_LIST,
            "g o",
        ),
    ),
    homes=dict.fromkeys(INSTITUTION_ROLES, "assigning.desk"),
    shows={"offer_id": "assigning.show_offer"},
)

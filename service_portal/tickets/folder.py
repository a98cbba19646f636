"""What this folder brings to the portal."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from service_portal.access.permissions import Permission as P
from service_portal.folders import Folder, MenuEntry
from service_portal.tickets import finding, list_views, models, views
from service_portal.tickets.health import HEALTH

# Their pages stand on the one blueprint once they are imported.
VIEWS = (views, list_views)

FOLDER = Folder(
    name="tickets",
    tables=models,
    pages=(views.blueprint, finding.blueprint),
    menu=(
        MenuEntry(90, "tickets.all_tickets", _l("Tickets"), "list-search", P.COUNTS_READ, "g a"),
    ),
    shows={"ticket_id": "tickets.show_ticket"},
    health=HEALTH,
)

"""What this folder brings to the portal."""

from __future__ import annotations

from service_portal.folders import Folder
from service_portal.ledger import models
from service_portal.ledger.health import HEALTH

FOLDER = Folder(
    name="ledger",
    tables=models,
    health=HEALTH,
)

"""What this folder brings to the portal."""

from __future__ import annotations

from service_portal.events import models
from service_portal.events.health import HEALTH
from service_portal.folders import Folder

FOLDER = Folder(
    name="events",
    tables=models,
    health=HEALTH,
)

"""What this folder brings to the portal."""

from __future__ import annotations

from service_portal.backups import models
from service_portal.backups.health import HEALTH
from service_portal.folders import Folder

FOLDER = Folder(
    name="backups",
    tables=models,
    health=HEALTH,
)

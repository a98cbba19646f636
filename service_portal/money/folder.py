"""What this folder brings to the portal."""

from __future__ import annotations

from service_portal.folders import Folder
from service_portal.money import models

FOLDER = Folder(
    name="money",
    tables=models,
)

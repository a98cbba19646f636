"""What this folder brings to the portal."""

from __future__ import annotations

from service_portal.facts import models
from service_portal.folders import Folder

FOLDER = Folder(name="facts", tables=models)

"""What this folder brings to the portal."""

from __future__ import annotations

from service_portal.files import models
from service_portal.folders import Folder

FOLDER = Folder(name="files", tables=models)

"""What this folder brings to the portal."""

from __future__ import annotations

from service_portal.folders import Folder
from service_portal.resolving import views

FOLDER = Folder(
    name="resolving",
    pages=(views.blueprint,),
)

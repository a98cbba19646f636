"""What this folder brings to the portal."""

from __future__ import annotations

from service_portal.folders import Folder
from service_portal.resolving import decided, views

FOLDER = Folder(
    name="resolving",
    pages=(views.blueprint,),
    joins=(decided.answer_for_institutions,),
)

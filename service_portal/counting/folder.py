"""What this folder brings to the portal."""

from __future__ import annotations

from service_portal.counting import services, views
from service_portal.folders import Folder

FOLDER = Folder(
    name="counting",
    pages=(views.blueprint,),
    joins=(
        services.count_delivery,
        services.count_case,
        services.reverse_case,
        services.follow_verdict,
    ),
)

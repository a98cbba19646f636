"""What this folder brings to the portal."""

from __future__ import annotations

from service_portal.folders import Folder
from service_portal.scoring import models
from service_portal.scoring.seeding import load_schemes

FOLDER = Folder(
    name="scoring",
    tables=models,
    noted=("scheme_version", "score_scheme"),
    seed=lambda now: load_schemes(now=now),
)

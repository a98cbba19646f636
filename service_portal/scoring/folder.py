"""What this folder brings to the portal."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from service_portal.access.permissions import Permission as P
from service_portal.folders import Folder, MenuEntry
from service_portal.scoring import (
    board_views,
    dispute_views,
    models,
    pages,
    points_views,
    run_views,
    scheme_views,
)
from service_portal.scoring.seeding import complete_schemes, load_schemes
from service_portal.scoring.stages import stage_names

# Their pages stand on the one blueprint once they are imported.
VIEWS = (points_views, dispute_views, scheme_views, run_views, board_views)

FOLDER = Folder(
    name="scoring",
    tables=models,
    noted=("scheme_version", "score_scheme"),
    pages=(pages.blueprint,),
    menu=(
        MenuEntry(22, "scoring.my_points", _l("Your points"), "star", P.SCORE_DISPUTE),
        MenuEntry(94, "scoring.boards", _l("Rankings"), "star", P.SCORE_BOARDS),
        MenuEntry(125, "scoring.list_schemes", _l("Schemes"), "calculator", P.SCHEME_EDIT),
    ),
    names={"stage": stage_names},
    handles={
        "score_dispute": ("scoring.decide_dispute", _l("Decide on the disputed points")),
    },
    seed=lambda now: load_schemes(now=now),
    complete=lambda now: complete_schemes(now=now),
)

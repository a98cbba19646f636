"""The blueprint of the pages of scores, and what every template may ask of scores."""

from __future__ import annotations

from flask import Blueprint

from service_portal.scoring.codes import DisputeState, SchemeKind, VersionState
from service_portal.scoring.wording import say_mark, say_points

blueprint = Blueprint("scoring", __name__)


WORDS: dict[str, object] = {
    "say_points": say_points,
    "say_mark": say_mark,
    "SchemeKind": SchemeKind,
    "VersionState": VersionState,
    "DisputeState": DisputeState,
}
# Macros know nothing of the page that calls them, only what is said of every page.
blueprint.record(lambda state: state.app.jinja_env.globals.update(WORDS))

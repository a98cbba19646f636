"""The acts that end a case; they stand in `moves`."""

from __future__ import annotations

from flask import Blueprint

from service_portal.resolving.moves import ACTS
from service_portal.tickets.moves.routes import add_acts
from service_portal.tickets.rules import Verdict
from service_portal.tickets.words import VERDICT_WORDS

blueprint = Blueprint("resolving", __name__)
add_acts(blueprint, ACTS)


@blueprint.app_template_global()
def verdict_name(verdict: str) -> str:
    """Name a verdict in the reader's language."""
    return str(VERDICT_WORDS[Verdict(verdict)])

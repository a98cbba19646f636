"""The blueprint of the directory's pages, and what every template may ask of the directory."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.directory import queries
from service_portal.web.formatting import localized
from service_portal.web.guards import signed_in_actor

blueprint = Blueprint("directory", __name__)


@blueprint.app_context_processor
def about_zone() -> dict[str, Any]:
    """Let every page name the zone, and lead those who may to the institutions they wish for."""
    actor = signed_in_actor()
    return {
        "zone_name": lambda: localized(queries.zone()),
        "can_choose_institutions": (
            actor is not None and may(actor, Permission.INSTITUTION_CHOOSE)
        ),
    }

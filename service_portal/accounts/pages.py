"""The blueprint of the account pages, and what every template may ask of accounts."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g

from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.accounts.words import role_name, scope_name
from service_portal.web.formatting import localized
from service_portal.web.guards import signed_in_actor

blueprint = Blueprint("accounts", __name__)


for name_of_a_code in (role_name, scope_name):
    blueprint.app_template_global()(name_of_a_code)


@blueprint.app_context_processor
def about_actor() -> dict[str, Any]:
    """Let every page name the role and organisation one acts for."""
    actor = signed_in_actor()
    memberships = g.get("memberships") or []
    membership = next(
        (
            membership
            for membership in memberships
            if actor and membership.id == actor.membership_id
        ),
        None,
    )
    return {
        "memberships": memberships,
        "current_membership_name": lambda: localized(membership),
        "can_invite": actor is not None and may(actor, Permission.PEOPLE_INVITE),
    }

"""The page that checks the figures: everything `./portal recount` checks, by name,
at this moment.
"""

from __future__ import annotations

from flask import Blueprint, render_template

from service_portal.access.permissions import Permission
from service_portal.counting.queries import prove
from service_portal.kernel.clock import now
from service_portal.kernel.db import take_time
from service_portal.web.guards import requires

blueprint = Blueprint("counting", __name__)


@blueprint.get("/counts/proof")
@requires(Permission.LEDGER_VERIFY)
def proof() -> str:
    """Recount everything now and show each check with its verdict."""
    take_time(seconds=120)
    at = now()
    return render_template("counting/proof.html", findings=prove(now=at), at=at)

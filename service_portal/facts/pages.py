"""The blueprint of the pages of facts, and what every template may ask of facts."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint

from service_portal.access.permissions import Permission
from service_portal.access.policy import reaches_enterprise
from service_portal.directory.models import Enterprise
from service_portal.facts.saying import say_condition
from service_portal.facts.words import (
    SOURCE_WORDS,
    UNIT_WORDS,
    YEAR_WORDS,
    kind_name,
    say_money,
    values_of,
)
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Missing
from service_portal.web.guards import current_actor

blueprint = Blueprint("facts", __name__)


WORDS: dict[str, object] = {
    "fact_sources": SOURCE_WORDS,
    "fact_units": UNIT_WORDS,
    "fact_years": YEAR_WORDS,
    "fact_kind_name": kind_name,
    "fact_values": values_of,
    "say_money": say_money,
    "say_condition": say_condition,
}
# Macros know nothing of the page that calls them, only what is said of every page.
blueprint.record(lambda state: state.app.jinja_env.globals.update(WORDS))


YEARS = 4


def reached_enterprise(enterprise_id: int, permission: Permission) -> Enterprise:
    """Give an enterprise whose figures somebody may reach. Raises Missing."""
    enterprise = db.session.get(Enterprise, enterprise_id)
    if enterprise is None or not reaches_enterprise(current_actor(), permission, enterprise_id):
        raise Missing()
    return enterprise


def last_year(moment: datetime) -> int:
    """Give the year whose facts are known by now: the one before."""
    return moment.astimezone(zone_time()).year - 1


def sheet_years(moment: datetime) -> list[int]:
    """List the years whose sheets are open, the newest first."""
    newest = last_year(moment)
    return list(range(newest, newest - YEARS, -1))

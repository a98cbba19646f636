"""The blueprint of the pages of facts, and what every template may ask of facts."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint

from service_portal.facts.words import SOURCE_WORDS, UNIT_WORDS, YEAR_WORDS, kind_name, say_money
from service_portal.kernel.clock import zone_time

blueprint = Blueprint("facts", __name__)


WORDS: dict[str, object] = {
    "fact_sources": SOURCE_WORDS,
    "fact_units": UNIT_WORDS,
    "fact_years": YEAR_WORDS,
    "fact_kind_name": kind_name,
    "say_money": say_money,
}
# Macros know nothing of the page that calls them, only what is said of every page.
blueprint.record(lambda state: state.app.jinja_env.globals.update(WORDS))


YEARS = 4


def last_year(moment: datetime) -> int:
    """Give the year whose facts are known by now: the one before."""
    return moment.astimezone(zone_time()).year - 1


def sheet_years(moment: datetime) -> list[int]:
    """List the years whose sheets are open, the newest first."""
    newest = last_year(moment)
    return list(range(newest, newest - YEARS, -1))

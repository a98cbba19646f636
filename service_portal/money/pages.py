"""The finance pages: their blueprint, and how an address says which part of the money is meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Blueprint, request

from service_portal.money.booking import local_day
from service_portal.money.naming import names_of
from service_portal.money.slices import CUTS, WITHOUT, Slice, key_in, narrowed
from service_portal.web.formatting import day as say_day
from service_portal.web.guards import current_actor

blueprint = Blueprint("money", __name__, url_prefix="/finance")

# What an address may say of a part: the name there, and the field of a slice.
TEXTS = {"product": "product_code", "industry": "industry_key", "stage": "stage_code"}
NUMBERS = {"institution": "institution_id", "park": "park_id"}


@dataclass(frozen=True, slots=True)
class Asked:
    """The part an address means, as far as the reader may see it, and the address to keep."""

    part: Slice
    args: dict[str, Any]


def asked_part(now: datetime) -> Asked:
    """Read the day, the day of knowing and the filters; nonsense counts as unsaid."""
    today = local_day(now)
    as_of, known = _day("as_of") or today, _day("known")
    said: dict[str, Any] = {
        field: key_in(value) for name, field in TEXTS.items() if (value := request.args.get(name))
    }
    for name, field in NUMBERS.items():
        number = request.args.get(name, type=int)
        if number is not None:
            said[field] = number if 0 < number < 2**62 else -1
    part = Slice(as_of, known, **said)
    kept = {
        name: said[field] or WITHOUT
        for name, field in {**TEXTS, **NUMBERS}.items()
        if field in said
    }
    if as_of != today:
        kept["as_of"] = as_of.isoformat()
    if known is not None:
        kept["known"] = known.isoformat()
    return Asked(narrowed(current_actor(), part), kept)


def _day(name: str) -> date | None:
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def said_of(asked: Asked) -> list[str]:
    """Name the day and what the page is narrowed to."""
    part = asked.part
    words = [say_day(part.as_of)]
    for by, field in CUTS.items():
        value = getattr(part, field)
        if value is not None:
            words += names_of(by, [value], institution_id=part.institution_id).values()
    return words

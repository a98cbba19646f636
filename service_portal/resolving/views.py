"""The acts that end a case; they stand in `moves`."""

from __future__ import annotations

from flask import Blueprint

from service_portal.resolving.moves import ACTS
from service_portal.resolving.moves.verdicts import say_opinion
from service_portal.tickets.codes import EntryKind
from service_portal.tickets.moves.routes import add_acts
from service_portal.tickets.page import Page
from service_portal.tickets.rules import Move, Verdict
from service_portal.tickets.words import VERDICT_WORDS

blueprint = Blueprint("resolving", __name__)
add_acts(blueprint, ACTS)


@blueprint.app_template_global()
def verdict_name(verdict: str) -> str:
    """Name a verdict in the reader's language."""
    return str(VERDICT_WORDS[Verdict(verdict)])


@blueprint.app_template_global()
def opinion_words(verdict: str | None, level: int | None) -> str:
    """Say a verdict and stars in the reader's language, as far as they were given."""
    return say_opinion({"verdict": verdict, "level": level})


@blueprint.app_template_global()
def first_opinion(page: Page) -> str:
    """Say what was said of a result first, where something else is said of it now."""
    head = page.head
    kinds = {Move.CONFIRM, EntryKind.VERDICT}
    lines = (one for one in page.talk if one.at == head.rating_first_at and one.kind in kinds)
    first = next(lines, None)
    if first is None:
        return ""
    now = {"verdict": head.rating_verdict, "level": head.rating_level}
    has_changed = any(first.data.get(name, said) != said for name, said in now.items())
    return say_opinion(first.data) if has_changed else ""

"""What the enterprise says of a result: the fields that confirming and rating share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service_portal.kernel.errors import Refused
from service_portal.tickets.models import Ticket
from service_portal.tickets.moves.fields import Choice, Field, Flag, Number, Text
from service_portal.tickets.rules import Verdict
from service_portal.tickets.words import VERDICT_WORDS
from service_portal.web.formatting import when
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l


def verdict_fields(*, about_level: str) -> tuple[Field, ...]:
    """Give the fields of a verdict, a level and a comment; `solved` is how programs of the first
    release say a verdict.
    """
    return (
        Choice(
            name="verdict",
            among=VERDICT_WORDS,
            required=_l("Say whether it is solved."),
            required_by_api=False,
            about="whether the matter is solved; of what is `not_solved` no case is counted",
        ),
        Number(name="level", least=1, most=5, about=about_level),
        Flag(
            name="solved",
            default=None,
            only_api=True,
            about="true says the verdict `solved`, false `not_solved`",
        ),
        Text(name="comment", rows=2),
    )


def verdict_in(verdict: str | None, *, solved: bool | None) -> str | None:
    """Give the verdict that was said, None when none was; raises Refused when both ways of saying
    it differ.
    """
    if solved is None:
        return verdict
    meant = Verdict.SOLVED if solved else Verdict.NOT_SOLVED
    if verdict is not None and verdict != meant:
        raise Refused(_("Say either the verdict or whether it is solved."), field="solved")
    return meant


def say_opinion(said: Mapping[str, Any]) -> str:
    """Say the verdict and the stars of a result, as far as they were given."""
    verdict, level = said.get("verdict"), said.get("level")
    stars = _("%(n)d of 5 stars", n=level) if level else ""
    return " · ".join(filter(None, [str(VERDICT_WORDS[verdict]) if verdict else "", stars]))


def who_calls(ticket: Ticket) -> str:
    """Say until when a lead calls an enterprise that is not content; nothing where nobody does."""
    if ticket.call_back_due_at is None:
        return ""
    return _("The lead of the station calls you by %(when)s.", when=when(ticket.call_back_due_at))


def in_words(said: dict[str, Any]) -> dict[str, Any]:
    """Give what was said as the services take it."""
    verdict = verdict_in(said.pop("verdict"), solved=said.pop("solved", None))
    return {"verdict": verdict, **said}

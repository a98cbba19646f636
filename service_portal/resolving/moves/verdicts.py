"""What the enterprise says of a result: the fields that confirming and rating share."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from service_portal.kernel.errors import Refused
from service_portal.tickets.moves.fields import Choice, Field, Flag, Number, Text
from service_portal.tickets.moves.sentences import Entry
from service_portal.tickets.rules import Verdict
from service_portal.tickets.words import VERDICT_WORDS
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


def verdict_of(entry: Entry) -> str:
    """Name the verdict of a line of the timeline."""
    return entry.words("verdict", VERDICT_WORDS)


def in_words(said: dict[str, Any]) -> dict[str, Any]:
    """Give what was said as the services take it."""
    verdict = verdict_in(said.pop("verdict"), solved=said.pop("solved", None))
    return {"verdict": verdict, **said}

"""What a program says of a result: a verdict, or `solved` as programs of the
first release say it.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from service_portal.api.schemas import Body, Flag, Number, OneOf, Text
from service_portal.catalogue.forms import LONG_LENGTH
from service_portal.kernel.errors import Refused
from service_portal.tickets.rules import Verdict


def verdict_field() -> OneOf:
    """Give the field of a verdict, which may be left out."""
    about = "whether the matter is solved; of what is `not_solved` no case is counted"
    return OneOf(Verdict, about, load_default=None, allow_none=True)


def solved_field() -> Flag:
    """Give the field of the first release: true says `solved`, false `not_solved`."""
    about = {"description": "true says the verdict `solved`, false `not_solved`"}
    return Flag(load_default=None, allow_none=True, metadata=about)


def verdict_in(said: dict[str, Any]) -> str | None:
    """Give the verdict that was said, None when none was.

    Raises Refused when both ways of saying it differ.
    """
    verdict: str | None = said["verdict"]
    solved: bool | None = said["solved"]
    if solved is None:
        return verdict
    meant = Verdict.SOLVED if solved else Verdict.NOT_SOLVED
    if verdict is not None and verdict != meant:
        raise Refused(_("Say either the verdict or whether it is solved."), field="solved")
    return meant


class Rating(Body):
    """What the enterprise thinks of it."""

    level = Number(
        1,
        5,
        "5 is very satisfied, 1 is very dissatisfied; left out, it stays what it was",
        load_default=None,
        allow_none=True,
    )
    verdict = verdict_field()
    solved = solved_field()
    comment = Text(LONG_LENGTH)

"""What messages about figures say."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _

from service_portal.facts.words import kind_name


class Verdict(StrEnum):
    """How a decision is to what the enterprise had said: the same, something else, or the first
    word.
    """

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FIRST = "first"


def _decided(data: dict[str, Any]) -> str:
    name = f"{kind_name(str(data['code']))} {data['year']}"
    match data["verdict"]:
        case Verdict.ACCEPTED:
            return _("Your figure is accepted: %(name)s.", name=name)
        case Verdict.REJECTED:
            return _("Your figure is not accepted, another one counts: %(name)s.", name=name)
    return _("The zone has entered a figure of yours: %(name)s.", name=name)


def _conflicted(_data: dict[str, Any]) -> str:
    return _("Sources say different figures. Decide which ones count.")


OF_FIGURES: dict[str, Callable[[dict[str, Any]], str]] = {
    "fact.decided": _decided,
    "facts.conflicted": _conflicted,
}

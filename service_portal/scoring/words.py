"""How schemes are said: what is wrong with a draft and where, and the kinds of steps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from service_portal.scoring.scheme_reading import Fault, Wrong
from service_portal.web.formatting import localized
from service_portal.web.translations import Later
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l

WRONG_WORDS: dict[Wrong, Later] = {
    Wrong.FORMULA: _l("this can't be read as a formula: %(about)s"),
    Wrong.NO_TEXT: _l("write it in both languages."),
    Wrong.NO_NUMBER: _l("write a number."),
    Wrong.NO_KIND: _l("choose how the value becomes points."),
    Wrong.NO_TIERS: _l("give at least one step."),
    Wrong.NO_STAGES: _l("a scheme needs at least one stage."),
    Wrong.TOO_MANY: _l("at most %(about)s."),
    Wrong.NOT_RISING: _l(
        "the bounds must rise from line to line, so that no value lies in two steps."
    ),
    Wrong.SAME_BOUNDS: _l("the two ends of the line are the same."),
    Wrong.WORSE_FOR_BETTER: _l("a better value would bring fewer points."),
    Wrong.CODE_TWICE: _l("the code %(about)s is used twice."),
    Wrong.UNKNOWN_STAGE: _l("there is no stage %(about)s."),
    Wrong.UNKNOWN_CATEGORY: _l("there is no category %(about)s."),
    Wrong.UNKNOWN_INDICATOR: _l("there is no indicator %(about)s."),
    Wrong.STAGE_FOR_ALL: _l("the last stage must take everybody else; its condition is True."),
    Wrong.UNKNOWN_FACT: _l("nobody states the figure %(about)s."),
    Wrong.NEEDS_NUMBER: _l("a number must stand here: %(about)s"),
    Wrong.NEEDS_CONDITION: _l("something that holds or not must stand here: %(about)s"),
    Wrong.NEEDS_TEXT: _l("a text must stand here: %(about)s"),
}
STEP_WORDS: dict[str, Later] = {
    "rising": _l("steps: more is better"),
    "falling": _l("steps: less is better"),
    "linear": _l("a line between two values"),
    "choice": _l("one of a list"),
    "percentile": _l("the place among others"),
}
PLACES: dict[str, Later] = {
    "stages": _l("Stage"),
    "categories": _l("Category"),
    "indicators": _l("Indicator"),
    "hard": _l("Condition that must hold"),
    "alternatives": _l("Condition that is enough"),
    "boards": _l("Ranking"),
    "pass_mark": _l("Pass mark"),
    "name": _l("Name"),
    "source": _l("Source"),
    "needed": _l("Indicators that must be more than nothing"),
}


def say_fault(fault: Fault, definition: Mapping[str, Any]) -> str:
    """Say what is wrong with a draft, and with which part of it."""
    parts = fault.place.split(".")
    place = str(PLACES[parts[0]]) if parts[0] in PLACES else parts[0]
    if len(parts) > 1 and parts[1].isdigit():
        listed = definition.get(parts[0]) or []
        number = int(parts[1])
        part = listed[number] if number < len(listed) else None
        name = localized(part.get("name")) if isinstance(part, dict) else ""
        place = _("%(place)s %(n)d", place=place, n=number + 1)
        if name:
            place = _("%(place)s “%(name)s”", place=place, name=name)
    if fault.place.endswith(".condition") or re.search(r"ways\.\d+\.formula", fault.place):
        place = _("%(place)s, formula", place=place)
    said = str(WRONG_WORDS[fault.wrong]) % {"about": fault.about}
    return _("%(what)s: %(words)s", what=place, words=said)

"""What is wrong with a service's definition; whatever passes makes a working form. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from service_portal.kernel.reasons import Reason

FIELD_TYPES = ("text", "longtext", "number", "money", "date", "choice", "choices", "yesno")
UNITS = ("wh", "wd", "h", "d")
PROVIDERS = ("station", "pool", "both")
# Institutions are asked one after the other where nothing is said.
PARALLEL = "parallel"
# Counts as a case does; sums of money are counted nowhere yet.
LOANS = "case+finance"
COUNT_BASES = ("contact", "case", "event", "case+finance")
LIMIT_KINDS = ("accept", "contact", "resolve", "offer")
# By how much the promise of the answer can be extended; where nothing is said, it can't be.
EXTENSION, LONGEST_EXTENSION = "max_extension_working_days", 120
MOST_FIELDS, MOST_CHOICES, MOST_KEYWORDS = 40, 200, 60
LONGEST_NAME, LONGEST_TEXT, LARGEST = 200, 500, 10**15


class Fault(StrEnum):
    """What can be wrong with a definition."""

    NO_OBJECT = "no_object"
    CODE = "code"
    CODE_OF_CATEGORY = "code_of_category"
    CODE_TAKEN = "code_taken"
    PART = "part"
    KEYWORDS = "keywords"
    DELIVERED_BY = "delivered_by"
    OFFERS = "offers"
    OFFERS_OF_STATION = "offers_of_station"
    AUTO_ACCEPT = "auto_accept"
    EFFORT = "effort"
    LIMIT = "limit"
    EXTENSION = "extension"
    COUNT_BASIS = "count_basis"
    AMOUNT_FIELD = "amount_field"
    NO_FIELDS = "no_fields"
    MANY_FIELDS = "many_fields"
    FIELD = "field"
    FIELD_KEY = "field_key"
    FIELD_KEY_TAKEN = "field_key_taken"
    FIELD_TYPE = "field_type"
    FIELD_UNKNOWN = "field_unknown"
    FIELD_LABEL = "field_label"
    FIELD_HELP = "field_help"
    FIELD_REQUIRED = "field_required"
    FIELD_NO_CHOICES = "field_no_choices"
    FIELD_CHOICES = "field_choices"
    FIELD_CHOICE = "field_choice"
    FIELD_CHOICE_TWICE = "field_choice_twice"
    FIELD_NO_LIMITS = "field_no_limits"
    FIELD_LIMITS = "field_limits"
    FIELD_LIMITS_CROSSED = "field_limits_crossed"


_CODE, _KEY = (
    re.compile(r"[A-Z][A-Z0-9]{1,7}-[A-Z0-9]{1,8}"),
    re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}"),
)
_BAR = re.compile("[|｜]")
_KNOWN = {"key", "type", "label", "help", "required", "choices", "min", "max"}


def is_text(value: Any, most: int = LONGEST_TEXT) -> bool:
    """Say whether something is a text that can be shown and stored: not empty, not too long,
    nothing in it that is no letter or sign.
    """
    return (
        isinstance(value, str)
        and 0 < len(value) <= most
        and value == value.strip()
        and not any(ord(c) < 32 or ord(c) == 127 or 0xD800 <= ord(c) <= 0xDFFF for c in value)
    )


def is_whole(value: Any, least: int, most: int) -> bool:
    """Say whether something is a whole number within limits."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def problems_of(raw: Any) -> list[Reason]:
    """Name everything that is wrong with a definition; an empty list means it can be published."""
    if not isinstance(raw, Mapping):
        return [Reason(Fault.NO_OBJECT)]
    problems = [*_naming(raw), *_promising(raw), *_counting(raw)]
    fields, seen = raw.get("fields"), dict[str, str]()
    if not isinstance(fields, list):
        problems.append(Reason(Fault.NO_FIELDS))
        fields = []
    if len(fields) > MOST_FIELDS:
        problems.append(Reason(Fault.MANY_FIELDS, {"most": MOST_FIELDS}))
        fields = fields[:MOST_FIELDS]
    for number, field in enumerate(fields, start=1):
        problems += _field_problems(number, field, seen)
    if (named := raw.get("amount_field")) is not None and (
        not isinstance(named, str) or seen.get(named, "") not in {"money", "number"}
    ):
        problems.append(Reason(Fault.AMOUNT_FIELD))
    return problems


def _naming(raw: Mapping[str, Any]) -> Iterator[Reason]:
    code = raw.get("code")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        yield Reason(Fault.CODE)
    for part in ("name", "summary", "evidence", "providers"):
        most = LONGEST_NAME if part == "name" else LONGEST_TEXT
        if not _bilingual(raw.get(part), most):
            yield Reason(Fault.PART, {"part": part, "most": most})
    words = raw.get("keywords", {})
    if (
        not isinstance(words, Mapping)
        or set(words) - {"en", "zh"}
        or not all(_texts(words.get(language, [])) for language in ("en", "zh"))
    ):
        yield Reason(Fault.KEYWORDS, {"most": MOST_KEYWORDS})


def _promising(raw: Mapping[str, Any]) -> Iterator[Reason]:
    if raw.get("delivered_by") not in PROVIDERS:
        yield Reason(Fault.DELIVERED_BY)
    if raw.get("offers", PARALLEL) != PARALLEL:
        yield Reason(Fault.OFFERS)
    elif "offers" in raw and (raw.get("delivered_by") != "station" or raw.get("auto_accept")):
        yield Reason(Fault.OFFERS_OF_STATION)
    if not isinstance(raw.get("auto_accept", False), bool):
        yield Reason(Fault.AUTO_ACCEPT)
    if not is_whole(raw.get("effort_points"), 1, 20):
        yield Reason(Fault.EFFORT)
    limits = raw.get("limits")
    for kind in LIMIT_KINDS:
        limit = limits.get(kind) if isinstance(limits, Mapping) else None
        if (
            not isinstance(limit, Mapping)
            or not is_whole(limit.get("amount"), 1, 400)
            or limit.get("unit") not in UNITS
        ):
            yield Reason(Fault.LIMIT, {"part": kind})
    if not is_whole(raw.get(EXTENSION, 0), 0, LONGEST_EXTENSION):
        yield Reason(Fault.EXTENSION, {"most": LONGEST_EXTENSION})


def _counting(raw: Mapping[str, Any]) -> Iterator[Reason]:
    if raw.get("count_basis") not in COUNT_BASES:
        yield Reason(Fault.COUNT_BASIS)


def _field_problems(number: int, field: Any, seen: dict[str, str]) -> Iterator[Reason]:
    if not isinstance(field, Mapping):
        yield Reason(Fault.FIELD, {"number": number})
        return
    key, kind = field.get("key"), field.get("type")
    about = _About(number, key if isinstance(key, str) and _KEY.fullmatch(key) else "")
    if not about.key:
        yield about(Fault.FIELD_KEY)
    elif about.key in seen:
        yield about(Fault.FIELD_KEY_TAKEN)
    seen.setdefault(about.key, kind if isinstance(kind, str) else "")
    if kind not in FIELD_TYPES:
        yield about(Fault.FIELD_TYPE)
    if unknown := {str(name)[:40] for name in field} - _KNOWN:
        yield about(Fault.FIELD_UNKNOWN, names=sorted(unknown))
    if not _bilingual(field.get("label"), LONGEST_NAME):
        yield about(Fault.FIELD_LABEL, most=LONGEST_NAME)
    if field.get("help") is not None and not _bilingual(field["help"]):
        yield about(Fault.FIELD_HELP)
    if not isinstance(field.get("required", False), bool):
        yield about(Fault.FIELD_REQUIRED)
    yield from _choice_problems(about, kind, field.get("choices"))
    yield from _limit_problems(about, kind, field.get("min"), field.get("max"))


def _choice_problems(about: _About, kind: Any, choices: Any) -> Iterator[Reason]:
    if kind not in ("choice", "choices"):
        if choices is not None and choices != []:
            yield about(Fault.FIELD_NO_CHOICES)
        return
    if not isinstance(choices, list) or not 0 < len(choices) <= MOST_CHOICES:
        yield about(Fault.FIELD_CHOICES, most=MOST_CHOICES)
        return
    if not all(
        isinstance(one, Mapping)
        and set(one) == {"value", "en", "zh"}
        and all(is_text(text, LONGEST_NAME) and not _BAR.search(text) for text in one.values())
        for one in choices
    ):
        yield about(Fault.FIELD_CHOICE)
    elif len({one["value"] for one in choices}) < len(choices):
        yield about(Fault.FIELD_CHOICE_TWICE)


def _limit_problems(about: _About, kind: Any, low: Any, high: Any) -> Iterator[Reason]:
    if low is None and high is None:
        return
    if kind not in ("number", "money"):
        yield about(Fault.FIELD_NO_LIMITS)
    elif not all(one is None or is_whole(one, -LARGEST, LARGEST) for one in (low, high)):
        yield about(Fault.FIELD_LIMITS)
    elif low is not None and high is not None and low > high:
        yield about(Fault.FIELD_LIMITS_CROSSED)


class _About:
    """Names a question with what is wrong with it."""

    def __init__(self, number: int, key: str) -> None:
        self.number, self.key = number, key

    def __call__(self, fault: Fault, **facts: Any) -> Reason:
        return Reason(fault, {"number": self.number, "key": self.key, **facts})


def _bilingual(value: Any, most: int = LONGEST_TEXT) -> bool:
    return (
        isinstance(value, Mapping)
        and set(value) == {"en", "zh"}
        and all(is_text(text, most) for text in value.values())
    )


def _texts(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MOST_KEYWORDS
        and all(is_text(one, 60) for one in value)
    )

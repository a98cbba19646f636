"""A service's definition as plain values: parsed with every problem named, never changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from service_portal.catalogue.definition_rules import LIMIT_KINDS, problems_of
from service_portal.kernel.dates import say_date
from service_portal.kernel.words import Words

UNIT_WORDS = {
    "wh": Words("working hours", "个工作小时"),
    "wd": Words("working days", "个工作日"),
    "h": Words("hours", "小时"),
    "d": Words("days", "天"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer of a choice field."""

    value: str
    words: Words


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """One question of a request form."""

    key: str
    type: str
    label: Words
    help: Words | None = None
    required: bool = False
    choices: tuple[Choice, ...] = ()
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """An allowed time: an amount and its unit (`wh` working hours, `wd` working days, `h` hours,
    `d` days).
    """

    amount: int
    unit: str

    @property
    def words(self) -> Words:
        """Say the time."""
        unit = UNIT_WORDS[self.unit]
        return Words(
            f"{self.amount} {unit.en if self.amount != 1 else unit.en.removesuffix('s')}",
            f"{self.amount} {unit.zh}",
        )


@dataclass(frozen=True, slots=True, eq=False)
class ServiceDefinition:
    """Everything a version of a service says.

    Read once in a process, so it is compared by identity.
    """

    code: str
    name: Words
    summary: Words
    keywords_en: tuple[str, ...]
    keywords_zh: tuple[str, ...]
    delivered_by: str
    auto_accept: bool
    effort_points: int
    limits: Mapping[str, Promise]
    evidence: Words
    providers: Words
    count_basis: str
    amount_field: str | None
    fields: tuple[FieldDefinition, ...]


class BadDefinition(ValueError):
    """A definition with problems; `problems` names them all, in both languages."""

    def __init__(self, problems: list[Words]) -> None:
        super().__init__(" ".join(problem.en for problem in problems))
        self.problems = problems


def parse(raw: Any) -> ServiceDefinition:
    """Read a definition; raises BadDefinition with every problem when it makes no sense."""
    problems = problems_of(raw)
    if problems:
        raise BadDefinition(problems)
    return ServiceDefinition(
        code=raw["code"],
        name=_words(raw["name"]),
        summary=_words(raw["summary"]),
        keywords_en=tuple(raw.get("keywords", {}).get("en", ())),
        keywords_zh=tuple(raw.get("keywords", {}).get("zh", ())),
        delivered_by=raw["delivered_by"],
        auto_accept=bool(raw.get("auto_accept")),
        effort_points=int(raw["effort_points"]),
        limits={
            kind: Promise(raw["limits"][kind]["amount"], raw["limits"][kind]["unit"])
            for kind in LIMIT_KINDS
        },
        evidence=_words(raw["evidence"]),
        providers=_words(raw["providers"]),
        count_basis=raw["count_basis"],
        amount_field=raw.get("amount_field"),
        fields=tuple(_field(field) for field in raw["fields"]),
    )


def _words(value: Mapping[str, str]) -> Words:
    return Words(value["en"], value["zh"])


def _field(raw: Mapping[str, Any]) -> FieldDefinition:
    return FieldDefinition(
        key=raw["key"],
        type=raw["type"],
        label=_words(raw["label"]),
        help=_words(raw["help"]) if raw.get("help") else None,
        required=bool(raw.get("required")),
        choices=tuple(
            Choice(str(c["value"]), Words(c["en"], c["zh"])) for c in raw.get("choices") or ()
        ),
        minimum=raw.get("min"),
        maximum=raw.get("max"),
    )


def describe_answers(
    definition: ServiceDefinition, answers: Mapping[str, Any], locale: str
) -> list[tuple[str, str]]:
    """Give the filled-in answers as (label, text) in the order of the form."""
    shown = []
    for field in definition.fields:
        value = answers.get(field.key)
        if value in (None, "", [], ()):
            continue
        shown.append((field.label.pick(locale), _shown(field, value, locale)))
    return shown


def _shown(field: FieldDefinition, value: Any, locale: str) -> str:
    if field.type == "yesno":
        return Words("Yes", "是").pick(locale) if value else Words("No", "否").pick(locale)
    if field.type in {"choice", "choices"}:
        names = {choice.value: choice.words.pick(locale) for choice in field.choices}
        values = value if isinstance(value, list) else [value]
        return Words(", ", "、").pick(locale).join(names.get(str(v), str(v)) for v in values)
    if field.type == "money":
        return f"{Decimal(str(value)):,}"
    if field.type == "date":
        on = date.fromisoformat(str(value))
        return say_date(on, zh=locale.startswith("zh"))
    return str(value)


def amount_of(definition: ServiceDefinition, answers: Mapping[str, Any]) -> Decimal | None:
    """Give the sum of money a request is about, if its form asks for one."""
    value = answers.get(definition.amount_field or "")
    if value in (None, ""):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None

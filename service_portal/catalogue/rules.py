"""A service's definition as plain values: parsed with every problem named, never changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from service_portal.catalogue.definition_rules import EXTENSION, LIMIT_KINDS, PARALLEL, problems_of
from service_portal.kernel.reasons import Reason
from service_portal.kernel.words import Words


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


@dataclass(frozen=True, slots=True, eq=False)
class ServiceDefinition:
    """Everything a version of a service says.

    `in_parallel` are offers of a ticket to several institutions side by side: the station has the
    ticket, and each institution an answer of its own. `max_extension_working_days` is by how much
    the promise of the answer can be extended, 0 where it can't.

    Read once in a process, so it is compared by identity.
    """

    code: str
    name: Words
    summary: Words
    keywords_en: tuple[str, ...]
    keywords_zh: tuple[str, ...]
    delivered_by: str
    in_parallel: bool
    auto_accept: bool
    effort_points: int
    limits: Mapping[str, Promise]
    max_extension_working_days: int
    evidence: Words
    providers: Words
    count_basis: str
    amount_field: str | None
    fields: tuple[FieldDefinition, ...]


class BadDefinition(ValueError):
    """A definition with problems; `problems` names them all."""

    def __init__(self, problems: list[Reason]) -> None:
        super().__init__(", ".join(problem.code for problem in problems))
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
        in_parallel=raw.get("offers") == PARALLEL,
        auto_accept=bool(raw.get("auto_accept")),
        effort_points=int(raw["effort_points"]),
        limits={
            kind: Promise(raw["limits"][kind]["amount"], raw["limits"][kind]["unit"])
            for kind in LIMIT_KINDS
        },
        max_extension_working_days=int(raw.get(EXTENSION, 0)),
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


def amount_of(definition: ServiceDefinition, answers: Mapping[str, Any]) -> Decimal | None:
    """Give the sum of money a request is about, if its form asks for one."""
    value = answers.get(definition.amount_field or "")
    if value in (None, ""):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None

"""Which station owns a ticket: explicit rules in order, then coverage of park and category, else
headquarters. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from service_portal.kernel.reasons import Reason
from service_portal.kernel.words import Words
from service_portal.tickets.codes import DecisionReason


@dataclass(frozen=True, slots=True)
class Facts:
    """What a routing decision may look at."""

    service_code: str
    category_code: str
    park_id: int
    park_code: str
    tags: frozenset[str]
    amount: Decimal | None
    urgent: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """An explicit rule.

    Every condition that is set must hold; a rule without conditions matches everything.
    """

    id: int
    name: Words
    conditions: Mapping[str, Any]
    station_id: int
    valid_from: date | None = None
    valid_until: date | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class StationFacts:
    """A station a ticket may go to."""

    id: int
    name: Words
    position: int
    is_headquarters: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Everything routing decides by. `coverage` maps (park id or None, category) to stations."""

    rules: Sequence[Rule]
    stations: Mapping[int, StationFacts]
    coverage: Mapping[tuple[int | None, str], Sequence[int]] = field(default_factory=dict)

    @property
    def headquarters(self) -> StationFacts | None:
        """Give the station that takes what nobody else covers; None when it is out of use, which
        the directory refuses.
        """
        return next(
            (station for station in self.stations.values() if station.is_headquarters), None
        )


@dataclass(frozen=True, slots=True)
class RouteChoice:
    """The station chosen and why; no station when none is there that could take it."""

    station: StationFacts | None
    reason: Reason

    @property
    def station_id(self) -> int | None:
        """Give the id of the station."""
        return self.station.id if self.station else None


def matches(rule: Rule, facts: Facts, today: date) -> bool:
    """Say whether every condition of a rule holds for a ticket today."""
    if (rule.valid_from and today < rule.valid_from) or (
        rule.valid_until and today > rule.valid_until
    ):
        return False
    wanted = rule.conditions
    if wanted.get("services") and facts.service_code not in wanted["services"]:
        return False
    if wanted.get("categories") and facts.category_code not in wanted["categories"]:
        return False
    if wanted.get("parks") and facts.park_code not in wanted["parks"]:
        return False
    if wanted.get("tags") and not facts.tags & set(wanted["tags"]):
        return False
    if wanted.get("amount_from") is not None and (
        facts.amount is None or facts.amount < Decimal(str(wanted["amount_from"]))
    ):
        return False
    if wanted.get("amount_below") is not None and (
        facts.amount is None or facts.amount >= Decimal(str(wanted["amount_below"]))
    ):
        return False
    return wanted.get("urgent") is None or facts.urgent == wanted["urgent"]


def choose_station(facts: Facts, table: Table, today: date) -> RouteChoice:
    """Choose the station of a ticket: the first matching rule; else the station covering its park
    and category, one for every park after one for this park, lower position first; else
    headquarters. Without one in use the ticket stays without a station, and the reason says so.
    """
    passed: list[int] = []
    for rule in table.rules:
        if rule.station_id in table.stations and matches(rule, facts, today):
            return RouteChoice(
                table.stations[rule.station_id],
                Reason(
                    DecisionReason.RULE,
                    {
                        "by": "rule",
                        "rule_id": rule.id,
                        # Rules change; a decision names the one it followed as it was.
                        "rule": {"en": rule.name.en, "zh": rule.name.zh},
                        "version": rule.version,
                        "rules_passed": passed,
                    },
                ),
            )
        passed.append(rule.id)
    for park_id in (facts.park_id, None):
        covering = [
            table.stations[i]
            for i in table.coverage.get((park_id, facts.category_code), ())
            if i in table.stations
        ]
        if covering:
            return RouteChoice(
                min(covering, key=lambda s: (s.position, s.id)),
                Reason(
                    DecisionReason.COVERAGE,
                    {
                        "by": "coverage",
                        "park_id": park_id,
                        "category": facts.category_code,
                        "rules_passed": passed,
                        "covering": [s.id for s in covering],
                    },
                ),
            )
    last = table.headquarters
    about = {"category": facts.category_code, "rules_passed": passed}
    if last is None:
        return RouteChoice(None, Reason(DecisionReason.NO_STATION, {"by": "nobody", **about}))
    return RouteChoice(last, Reason(DecisionReason.HEADQUARTERS, {"by": "headquarters", **about}))

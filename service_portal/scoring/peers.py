"""The values of everybody in a group, for the places that percentiles are made of. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from service_portal.facts.expressions import Facts, Missing, Undefined
from service_portal.scoring.normalising import Percentile
from service_portal.scoring.rules import PeerValues, stage_of
from service_portal.scoring.schemes import Scheme, Way


def ranked_ways(scheme: Scheme) -> Iterator[tuple[str, int, Way, Percentile]]:
    """Give the ways of a scheme whose points are a place among peers."""
    for one in scheme.indicators:
        for n, way in enumerate(one.ways):
            if isinstance(way.points, Percentile):
                yield one.code, n, way, way.points


def codes_for_peers(scheme: Scheme) -> frozenset[str]:
    """Name the kinds of facts that are needed of everybody; none without a percentile."""
    ways = list(ranked_ways(scheme))
    if not ways:
        return frozenset()
    names = {name for _code, _n, way, _points in ways for name in way.formula.names}
    names |= {name for stage in scheme.stages for name in stage.condition.names}
    return frozenset(code for code, _years in names)


def peer_values(scheme: Scheme, everybody: Iterable[tuple[str, Facts]]) -> PeerValues:
    """Collect the sorted values of each group; `everybody` gives industries with facts."""
    ways, found = list(ranked_ways(scheme)), defaultdict[tuple[str, int, str], list[Decimal]](list)
    for industry, facts in everybody:
        stage, _missing = stage_of(scheme, facts)
        for code, n, way, points in ways:
            try:
                value = way.formula.number(facts)
            except (Missing, Undefined):
                continue
            group = industry if points.group == "industry" else stage or ""
            found[code, n, group].append(value)
    return {key: tuple(sorted(values)) for key, values in found.items()}

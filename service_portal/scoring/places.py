"""Says among whom an indicator's place was taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service_portal.facts.words import say_points
from service_portal.kernel.clock import zone_time
from service_portal.scoring.normalising import Among, Percentile
from service_portal.scoring.schemes import Indicator, Scheme
from service_portal.web.formatting import day, joined, localized, number
from service_portal.web.translations import gettext as _


def say_place(indicator: Indicator, raw: Mapping[str, Any], scheme: Scheme, kept: Any) -> str:
    """Say among whom a place was taken, how it follows from the numbers, and as of when."""
    among = Among(**raw["among"])
    if among.is_told:
        facts = {
            "others": number(among.others),
            "below": number(among.below),
            "same": number(among.same),
            "place": say_points(among.place * 100),
        }
        if _is_by_industry(indicator, raw["way"]):
            said = _(
                "Of %(others)s other enterprises of the industry %(below)s have less and %(same)s "
                "the same: (%(below)s + %(same)s ÷ 2) ÷ %(others)s = %(place)s %%.",
                **facts,
            )
        else:
            stage = next((one for one in scheme.stages if one.code == kept.stage_code), None)
            said = _(
                "Of %(others)s other enterprises of the stage “%(stage)s” %(below)s have less and "
                "%(same)s the same: (%(below)s + %(same)s ÷ 2) ÷ %(others)s = %(place)s %%.",
                stage=localized(stage.name) if stage else "—",
                **facts,
            )
    else:
        said = _("Fewer than five enterprises could be compared, so it counts as the middle.")
    as_of = kept.computed_at.astimezone(zone_time()).date()
    if kept.run_id is None:
        return joined([said, _("As of %(day)s.", day=day(as_of))])
    run = _("As of %(day)s, when everybody was scored (run %(n)d).", day=day(as_of), n=kept.run_id)
    return joined([said, run])


def _is_by_industry(indicator: Indicator, way: int) -> bool:
    points = indicator.ways[way].points
    return isinstance(points, Percentile) and points.group == "industry"

"""Puts together what the page, the print and the API show of an enterprise's score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from service_portal.facts.models import FactFile
from service_portal.facts.queries import YEARS_BACK, conflicts_of, files_of
from service_portal.facts.words import fact_name
from service_portal.kernel.db import db
from service_portal.scoring.bands import Place, place_in_stage
from service_portal.scoring.models import (
    SchemeVersion,
    Score,
    ScoreGroup,
    ScoreScheme,
    ScoreStanding,
)
from service_portal.scoring.normalising import FEWEST
from service_portal.scoring.queries import higher_in_stage, scheme_of
from service_portal.scoring.schemes import Category, Condition, Scheme, Stage
from service_portal.scoring.wording import Line, lines_of
from service_portal.web.formatting import listed


@dataclass(frozen=True, slots=True)
class Shown:
    """A score with its rules, its lines in words, its place and its stage's medians."""

    row: ScoreScheme
    version: SchemeVersion
    score: Score
    scheme: Scheme
    stage: Stage | None
    lines: list[Line]
    place: Place | None
    group: ScoreGroup | None
    in_conflict: frozenset[str]
    missing: list[str]
    files: Mapping[tuple[str, int], list[FactFile]]

    @property
    def helps(self) -> list[Line]:
        """List the lines whose next step is cheapest, at most three."""
        found = (line for line in self.lines if line.gain > 0)
        return sorted(found, key=lambda line: line.rank)[:3]

    @property
    def missing_said(self) -> str:
        """Name the facts that are missing, one after the other."""
        return listed(self.missing)

    @property
    def passed_by(self) -> Condition | None:
        """Give the condition that was enough, if one was."""
        alternatives = {one.code: one for one in self.scheme.alternatives}
        return alternatives.get(self.score.by_code or "")

    @property
    def most(self) -> Decimal:
        """Give the most points that the scheme can bring in this stage, bonus apart."""
        code = self.score.stage_code or ""
        total = Decimal(0)
        for category in self.scheme.categories:
            if not category.is_bonus:
                total += self.most_of(category, code)
        return total

    def most_of(self, category: Category, stage: str | None = None) -> Decimal:
        """Give the most points of a category in this stage."""
        code = self.score.stage_code or "" if stage is None else stage
        total = sum(
            (one.most(code) for one in self.scheme.indicators if one.category == category.code),
            Decimal(0),
        )
        return total if category.most is None else min(total, category.most)

    def of(self, category: Category) -> list[Line]:
        """List the lines of a category."""
        return [line for line in self.lines if line.category == category.code]

    def points_of(self, category: Category) -> Decimal:
        """Give the points of a category."""
        return Decimal(self.score.by_category.get(category.code, "0"))

    def median_of(self, line: Line) -> Decimal | None:
        """Give the stage's median of an indicator; none in a small group."""
        said = self.group.medians.get(line.code) if self.group is not None else None
        return None if said is None else Decimal(said)

    def held(self, part: str) -> list[tuple[Condition, bool | None, str]]:
        """List the conditions of a part with whether they hold, and the facts that are missing."""
        known = {one.code: one for one in getattr(self.scheme, part)}
        return [
            (
                known[raw["code"]],
                raw["holds"],
                listed(fact_name(code, years, self.score.year) for code, years in raw["missing"]),
            )
            for raw in self.score.conditions[part]
            if raw["code"] in known
        ]


def show(enterprise_id: int, found: Any) -> Shown:
    """Put together one of an enterprise's standings."""
    standing, row, version, score = found
    scheme = scheme_of(version)
    group = _group(standing)
    lines = lines_of(scheme, score)
    conflicts = conflicts_of(enterprise_id)
    return Shown(
        row=row,
        version=version,
        score=score,
        scheme=scheme,
        stage=next((one for one in scheme.stages if one.code == score.stage_code), None),
        lines=lines,
        place=None
        if group is None
        else place_in_stage(higher_in_stage(standing), group.enterprises, scheme.boards),
        group=group,
        in_conflict=frozenset(
            line.code
            for line in lines
            if any((code, score.year) in conflicts for code in line.codes)
        ),
        missing=[fact_name(code, years, score.year) for code, years in score.missing],
        files=files_of(enterprise_id, range(score.year - YEARS_BACK, score.year + 1)),
    )


def _group(standing: ScoreStanding) -> ScoreGroup | None:
    """Give the stage's group; none where it is so small that it would tell the others' scores."""
    if standing.stage_code is None:
        return None
    return db.session.scalars(
        sa.select(ScoreGroup).where(
            ScoreGroup.scheme_id == standing.scheme_id,
            ScoreGroup.year == standing.year,
            ScoreGroup.stage_code == standing.stage_code,
            ScoreGroup.enterprises >= FEWEST,
        )
    ).one_or_none()

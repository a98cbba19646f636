"""Reads schemes, versions and scores."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from service_portal.directory.models import Enterprise
from service_portal.kernel.db import AnyRow, db
from service_portal.scoring.codes import VersionState
from service_portal.scoring.models import (
    SchemeVersion,
    Score,
    ScoreDispute,
    ScoreGroup,
    ScoreRun,
    ScoreScheme,
    ScoreStanding,
)
from service_portal.scoring.scheme_reading import read
from service_portal.scoring.schemes import Scheme


def schemes(*, active: bool = True) -> Sequence[ScoreScheme]:
    """List the schemes in their order, by default those in use."""
    query = sa.select(ScoreScheme).order_by(ScoreScheme.position, ScoreScheme.id)
    if active:
        query = query.where(ScoreScheme.active)
    return db.session.scalars(query).all()


def applying(year: int, *, scheme_id: int | None = None) -> list[tuple[ScoreScheme, SchemeVersion]]:
    """Give each scheme in use with the version that applies to a year: the newest published one
    that begins with it or before it.
    """
    query = (
        sa.select(ScoreScheme, SchemeVersion)
        .ext(distinct_on(ScoreScheme.id))
        .join(SchemeVersion, SchemeVersion.scheme_id == ScoreScheme.id)
        .where(
            ScoreScheme.active,
            SchemeVersion.status == VersionState.PUBLISHED,
            SchemeVersion.from_year <= year,
        )
        .order_by(ScoreScheme.id, SchemeVersion.number.desc())
    )
    if scheme_id is not None:
        query = query.where(ScoreScheme.id == scheme_id)
    found = [(row[0], row[1]) for row in db.session.execute(query)]
    return sorted(found, key=lambda pair: (pair[0].position, pair[0].id))


@lru_cache(maxsize=64)
def _read(definition: str) -> Scheme:
    return read(json.loads(definition))


def scheme_of(version: SchemeVersion) -> Scheme:
    """Give a version as rules know it; what says the same is read once. Raises Unusable."""
    return _read(json.dumps(version.definition))


def version_of(version_id: int) -> Scheme:
    """Give a published version by its id."""
    return scheme_of(db.session.get_one(SchemeVersion, version_id))


def standings_of(enterprise_id: int, *, scheme_id: int | None = None) -> Sequence[Any]:
    """List the last scores of an enterprise, by scheme and the newest year first."""
    query = (
        sa.select(ScoreStanding, ScoreScheme, SchemeVersion, Score)
        .join(ScoreScheme, ScoreScheme.id == ScoreStanding.scheme_id)
        .join(SchemeVersion, SchemeVersion.id == ScoreStanding.version_id)
        .join(Score, Score.id == ScoreStanding.score_id)
        .where(ScoreStanding.enterprise_id == enterprise_id)
        .order_by(ScoreScheme.position, ScoreScheme.id, ScoreStanding.year.desc())
    )
    if scheme_id is not None:
        query = query.where(ScoreStanding.scheme_id == scheme_id)
    return db.session.execute(query).all()


def higher_in_stage(standing: ScoreStanding) -> int:
    """Count those of a stage who have more."""
    query = sa.select(sa.func.count()).where(
        ScoreStanding.scheme_id == standing.scheme_id,
        ScoreStanding.year == standing.year,
        ScoreStanding.stage_code == standing.stage_code,
        ScoreStanding.total > standing.total,
    )
    return db.session.scalar(query) or 0


def digests(scheme_id: int, year: int, enterprise_ids: Iterable[int]) -> dict[int, str]:
    """Give the digests of the last scores of some enterprises."""
    rows = db.session.execute(
        sa.text("""
            SELECT enterprise_id, content_sha256 FROM score_standing
            WHERE scheme_id = :scheme_id AND year = :year AND enterprise_id = ANY(:ids)
        """),
        {"scheme_id": scheme_id, "year": year, "ids": list(enterprise_ids)},
    )
    return {row.enterprise_id: row.content_sha256 for row in rows}


def disputes_of(enterprise_id: int, score_id: int) -> dict[str, ScoreDispute]:
    """Give the newest dispute of each indicator of a score."""
    rows = db.session.scalars(
        sa.select(ScoreDispute)
        .where(ScoreDispute.enterprise_id == enterprise_id, ScoreDispute.score_id == score_id)
        .order_by(ScoreDispute.id)
    )
    return {row.indicator_code: row for row in rows}


def versions_by_scheme() -> dict[int, list[SchemeVersion]]:
    """Give the versions of every scheme, the newest first."""
    found: dict[int, list[SchemeVersion]] = defaultdict(list)
    for version in db.session.scalars(
        sa.select(SchemeVersion).order_by(SchemeVersion.number.desc())
    ):
        found[version.scheme_id].append(version)
    return found


def runs_of(version_id: int) -> Sequence[ScoreRun]:
    """List the last times a version was computed for everybody, the newest first."""
    return db.session.scalars(
        sa.select(ScoreRun)
        .where(ScoreRun.version_id == version_id)
        .order_by(ScoreRun.id.desc())
        .limit(4)
    ).all()


def run_of(run_id: int) -> AnyRow | None:
    """Give a run with its version and scheme."""
    return db.session.execute(
        sa.select(ScoreRun, SchemeVersion, ScoreScheme)
        .join(SchemeVersion, SchemeVersion.id == ScoreRun.version_id)
        .join(ScoreScheme, ScoreScheme.id == SchemeVersion.scheme_id)
        .where(ScoreRun.id == run_id)
    ).one_or_none()


def results_of(version: SchemeVersion, year: int) -> dict[str | None, AnyRow]:
    """Count by stage those whose score for a year stands by a version, and those who pass; with the
    stage's median.
    """
    stage = ScoreStanding.stage_code
    group = sa.and_(
        ScoreGroup.scheme_id == version.scheme_id,
        ScoreGroup.year == year,
        ScoreGroup.stage_code == stage,
    )
    rows = db.session.execute(
        sa.select(
            stage,
            sa.func.count().label("enterprises"),
            sa.func.count().filter(ScoreStanding.passes.is_(True)).label("passed"),
            ScoreGroup.median,
        )
        .outerjoin(ScoreGroup, group)
        .where(
            ScoreStanding.scheme_id == version.scheme_id,
            ScoreStanding.year == year,
            ScoreStanding.version_id == version.id,
        )
        .group_by(stage, ScoreGroup.median)
    )
    return {row.stage_code: row for row in rows}


def stage_counts(scheme_id: int, year: int) -> dict[str, int]:
    """Count the enterprises of each stage that have a score."""
    rows = db.session.execute(
        sa.select(ScoreGroup.stage_code, ScoreGroup.enterprises).where(
            ScoreGroup.scheme_id == scheme_id, ScoreGroup.year == year
        )
    )
    return {row.stage_code: row.enterprises for row in rows}


def best_of(
    scheme_id: int, year: int, stage: str, *, last: int, after: tuple[str, int] | None, size: int
) -> Sequence[Any]:
    """List the best of a stage with the number of those before them, as far as `last` and those
    who share its place.
    """
    standing = sa.select(
        ScoreStanding.enterprise_id,
        ScoreStanding.total,
        (sa.func.rank().over(order_by=ScoreStanding.total.desc()) - 1).label("higher"),
    ).where(
        ScoreStanding.scheme_id == scheme_id,
        ScoreStanding.year == year,
        ScoreStanding.stage_code == stage,
    )
    ranked = standing.subquery("ranked")
    query = (
        sa.select(ranked, Enterprise.name_en, Enterprise.name_zh)
        .join(Enterprise, Enterprise.id == ranked.c.enterprise_id)
        .where(ranked.c.higher < last)
        .order_by(ranked.c.total.desc(), ranked.c.enterprise_id)
        .limit(size)
    )
    if after is not None:
        total, enterprise_id = Decimal(after[0]), after[1]
        query = query.where(
            sa.or_(
                ranked.c.total < total,
                sa.and_(ranked.c.total == total, ranked.c.enterprise_id > enterprise_id),
            )
        )
    return db.session.execute(query).all()


def score_rows(
    *,
    score_id: int | None = None,
    enterprise_id: int | None = None,
    scheme_code: str | None = None,
    year: int | None = None,
    before_id: int | None = None,
    size: int,
) -> Sequence[Any]:
    """List scores with scheme, version and the enterprise's names, the newest first: one by its
    id, else those that stand.
    """
    query = (
        sa.select(Score, SchemeVersion, ScoreScheme, Enterprise.name_en, Enterprise.name_zh)
        .join(SchemeVersion, SchemeVersion.id == Score.version_id)
        .join(ScoreScheme, ScoreScheme.id == SchemeVersion.scheme_id)
        .join(Enterprise, Enterprise.id == Score.enterprise_id)
        .order_by(Score.id.desc())
        .limit(size)
    )
    if score_id is not None:
        return db.session.execute(query.where(Score.id == score_id)).all()
    query = query.join(ScoreStanding, ScoreStanding.score_id == Score.id)
    for column, wanted in (
        (Score.enterprise_id, enterprise_id),
        (ScoreScheme.code, scheme_code),
        (Score.year, year),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if before_id is not None:
        query = query.where(Score.id < before_id)
    return db.session.execute(query).all()

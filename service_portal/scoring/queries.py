"""Reads schemes, versions and scores."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from service_portal.kernel.db import db
from service_portal.scoring.codes import VersionState
from service_portal.scoring.models import SchemeVersion, Score, ScoreScheme, ScoreStanding
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

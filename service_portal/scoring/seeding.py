"""Gives a new zone the schemes that are shipped, published."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from service_portal.directory.models import Zone
from service_portal.kernel.db import db
from service_portal.scoring.codes import SchemeKind, VersionState
from service_portal.scoring.models import SchemeVersion, ScoreScheme
from service_portal.scoring.scheme_reading import read

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Shipped:
    """A scheme with the files of its versions, each from a year of facts on."""

    code: str
    kind: SchemeKind
    versions: tuple[tuple[str, int], ...]


SHIPPED = (
    Shipped(
        "INNO-POINTS",
        SchemeKind.POINTS,
        (("innovation_points_1", 2020), ("innovation_points_2", 2025)),
    ),
    Shipped("SME-2017-115", SchemeKind.ELIGIBILITY, (("sme_evaluation_2017", 2017),)),
    Shipped("INNOVATIVE-SME-2022", SchemeKind.ELIGIBILITY, (("innovative_sme_2022", 2022),)),
)


def complete_schemes(*, now: datetime) -> None:
    """Make the schemes that a zone of an earlier release lacks; a database without a zone gets them
    with its zone.
    """
    if db.session.scalar(sa.select(Zone.id).limit(1)) is not None:
        load_schemes(now=now)


def load_schemes(*, now: datetime) -> None:
    """Make the schemes that are shipped and not there yet."""
    there = set(db.session.scalars(sa.select(ScoreScheme.code)))
    for position, shipped in enumerate(SHIPPED):
        if shipped.code in there:
            continue
        definitions = [
            json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
            for name, _year in shipped.versions
        ]
        names = read(definitions[-1]).name
        scheme = ScoreScheme(
            code=shipped.code,
            kind_code=shipped.kind,
            name_en=names.en,
            name_zh=names.zh,
            position=position,
        )
        db.session.add(scheme)
        db.session.flush()
        db.session.add_all(
            SchemeVersion(
                scheme_id=scheme.id,
                number=number,
                status=VersionState.PUBLISHED,
                from_year=year,
                definition=definition,
                created_at=now,
                published_at=now,
            )
            for number, ((_name, year), definition) in enumerate(
                zip(shipped.versions, definitions, strict=True), start=1
            )
        )
        db.session.flush()

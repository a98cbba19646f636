"""What the stages of the zone's points are called: versions of the scheme say so, and others know
their codes alone.

Read again every few seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import Any

import sqlalchemy as sa
from flask import current_app

from service_portal.kernel.db import db
from service_portal.kernel.words import Words
from service_portal.scoring.codes import SchemeKind, VersionState
from service_portal.scoring.models import SchemeVersion, ScoreScheme

RECHECK_SECONDS = 5.0
_KEPT = "portal_stages"


def stage_names(codes: Iterable[str] | None, **_of: Any) -> dict[str, Words]:
    """Give the names of some stages by their codes, or of all in their order: as the newest
    published version that has a stage calls it.
    """
    at, names = current_app.extensions.get(_KEPT, (0.0, None))
    if names is None or monotonic() - at > RECHECK_SECONDS:
        names = _read()
        current_app.extensions[_KEPT] = monotonic(), names
    wanted = names.keys() if codes is None else set(codes)
    return {code: name for code, name in names.items() if code in wanted}


def forget_stages() -> None:
    """Read the names anew when they are asked for next."""
    current_app.extensions.pop(_KEPT, None)


def _read() -> dict[str, Words]:
    query = (
        sa.select(SchemeVersion.definition["stages"])
        .join(ScoreScheme, ScoreScheme.id == SchemeVersion.scheme_id)
        .where(
            ScoreScheme.kind_code == SchemeKind.POINTS,
            SchemeVersion.status == VersionState.PUBLISHED,
        )
        .order_by(SchemeVersion.number.desc())
    )
    names: dict[str, Words] = {}
    for stages in db.session.scalars(query):
        for stage in stages:
            names.setdefault(stage["code"], Words(stage["name"]["en"], stage["name"]["zh"]))
    return names

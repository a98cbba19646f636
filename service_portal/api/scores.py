"""Scores over the API: the same numbers and sentences as on an enterprise's page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from werkzeug.wrappers import Response

from service_portal.access.actor import ENTERPRISE_ROLES
from service_portal.access.permissions import Permission
from service_portal.access.policy import reaches_enterprise
from service_portal.api import schemas, score_shapes
from service_portal.api.answers import answer, stamp
from service_portal.api.blueprint import v1
from service_portal.kernel.errors import Missing
from service_portal.kernel.words import Words
from service_portal.scoring.normalising import Among
from service_portal.scoring.queries import scheme_of, score_rows
from service_portal.scoring.schemes import Condition, Scheme
from service_portal.scoring.wording import lines_of
from service_portal.web.guards import current_actor, requires
from service_portal.web.language import speaking
from service_portal.web.paging import cut


@v1.get("/scores", tags=["scores"])
@v1.response(200, score_shapes.Scores)
@requires(Permission.SCORE_READ)
@v1.arguments(schemas.Scoring, location="query")
def scores(wanted: dict[str, Any]) -> Response:
    """List the scores that stand, the newest first.

    An enterprise lists its own; managers, auditors and administrators those of the zone.
    """
    actor = current_actor()
    enterprise_id = actor.enterprise_id if actor.role in ENTERPRISE_ROLES else wanted["enterprise"]
    cursor, limit = wanted["cursor"], wanted["limit"]
    rows = score_rows(
        enterprise_id=enterprise_id,
        scheme_code=wanted["scheme"].upper() or None,
        year=wanted["year"],
        before_id=cursor[0] if cursor else None,
        size=limit + 1,
    )
    page = cut(rows, limit, lambda row: [row.Score.id])
    return answer({"scores": [_line(row) for row in page.rows], "next_cursor": page.next_cursor})


@v1.get("/scores/<int:score_id>", tags=["scores"])
@v1.response(200, score_shapes.ScoreDetail)
@requires(Permission.SCORE_READ)
def score(score_id: int) -> Response:
    """Give a score with every indicator: value, figures, points, and why, in both languages.

    One that a newer one has taken the place of is still there.
    """
    found = score_rows(score_id=score_id, size=1)
    if not found or not reaches_enterprise(
        current_actor(), Permission.SCORE_READ, found[0].Score.enterprise_id
    ):
        raise Missing()
    row = found[0]
    scheme, kept = scheme_of(row.SchemeVersion), row.Score
    return answer(
        {
            **_line(row),
            "by_category": {
                code: f"{Decimal(points):.2f}" for code, points in kept.by_category.items()
            },
            "indicators": _indicators(scheme, kept),
            "hard": _conditions(scheme.hard, kept.conditions["hard"]),
            "alternatives": _conditions(scheme.alternatives, kept.conditions["alternatives"]),
        }
    )


def _line(row: Any) -> dict[str, Any]:
    kept, version = row.Score, row.SchemeVersion
    scheme = scheme_of(version)
    stage = next((one for one in scheme.stages if one.code == kept.stage_code), None)
    return {
        "id": kept.id,
        "enterprise": {
            "id": kept.enterprise_id,
            "name": {"en": row.name_en, "zh": row.name_zh},
        },
        "scheme": {"code": row.ScoreScheme.code, "name": _words(scheme.name)},
        "version": version.number,
        "demonstration": scheme.is_demonstration,
        "year": kept.year,
        "stage": {"code": stage.code, "name": _words(stage.name)} if stage else None,
        "total": f"{kept.total:f}",
        "passes": kept.passes,
        "computed_at": stamp(kept.computed_at),
        "run": kept.run_id,
    }


def _words(words: Words) -> dict[str, str]:
    return {"en": words.en, "zh": words.zh}


def _indicators(scheme: Scheme, kept: Any) -> list[dict[str, Any]]:
    said = {}
    for spoken in ("en", "zh"):
        with speaking(spoken):
            said[spoken] = {line.code: line for line in lines_of(scheme, kept)}
    names = {one.code: one.name for one in scheme.indicators}
    return [
        {
            "code": raw["indicator"],
            "name": _words(names[raw["indicator"]]),
            "category": raw["category"],
            "value": raw["value"],
            "weight": raw["weight"],
            "points": f"{Decimal(raw['points']):.2f}",
            "most": raw["most"],
            "sentence": {spoken: said[spoken][raw["indicator"]].sentence for spoken in said},
            "more": {spoken: said[spoken][raw["indicator"]].more for spoken in said}
            if said["en"][raw["indicator"]].more
            else None,
            "facts": [
                {"code": code, "year": kept.year - years, "value": value, "source": source}
                for code, years, value, source in raw["facts"]
            ],
            "among": _among(raw, said),
            "missing": [f"{code} {kept.year - years}" for code, years in raw["missing"]],
        }
        for raw in kept.lines
        if raw["indicator"] in names
    ]


def _among(raw: dict[str, Any], said: dict[str, Any]) -> dict[str, Any] | None:
    """Give among whom a place was taken; of fewer than five no numbers."""
    if "among" not in raw:
        return None
    numbers = raw["among"] if Among(**raw["among"]).is_told else {}
    words = {spoken: lines[raw["indicator"]].place for spoken, lines in said.items()}
    return {"others": None, "below": None, "same": None, **numbers, "sentence": words}


def _conditions(known: tuple[Condition, ...], kept: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = {one.code: one.name for one in known}
    return [
        {"code": one["code"], "name": _words(names[one["code"]]), "holds": one["holds"]}
        for one in kept
        if one["code"] in names
    ]

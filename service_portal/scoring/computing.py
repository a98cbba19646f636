"""Computes scores, many at once: facts in one statement, scores in one, what is new only."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from service_portal.access.actor import SYSTEM
from service_portal.events.inbox import Delivery
from service_portal.facts.queries import Known, known_of_many, newest_statement
from service_portal.facts.rules import Source
from service_portal.facts.services import Said, record_facts
from service_portal.kernel.copying import Written, copy_rows, reserve_ids
from service_portal.kernel.db import db
from service_portal.scoring.codes import SchemeKind
from service_portal.scoring.keeping import codes_of, content_of, digest_of, written_content
from service_portal.scoring.models import SchemeVersion, Score, ScoreRun, ScoreScheme
from service_portal.scoring.peers import codes_for_peers, peer_values
from service_portal.scoring.queries import applying, digests, scheme_of
from service_portal.scoring.rules import PeerValues, score
from service_portal.scoring.schemes import Scheme

AT_ONCE = 1_000
DOCUMENTS = [one.name for one in Score.__table__.columns if isinstance(one.type, JSONB)]
YEARS_ON = 3


def score_waiting(deliveries: Sequence[Delivery], *, now: datetime) -> int:
    """Score the enterprises whose facts changed; with no delivery, one part of a run that waits.

    Gives how many were looked at.
    """
    if not deliveries:
        return go_on(now=now)
    changed = defaultdict[int, set[int]](set)
    for one in deliveries:
        if one.enterprise_id is not None:
            changed[int(one.payload["year"])].add(one.enterprise_id)
    wanted = defaultdict[int, set[int]](set)
    for enterprise_id, year in _years_with_facts({i for ids in changed.values() for i in ids}):
        if any(enterprise_id in changed[before] for before in range(year - YEARS_ON, year + 1)):
            wanted[year].add(enterprise_id)
    for year, ids in sorted(wanted.items()):
        for scheme, version in applying(year):
            compute(scheme, version, year, sorted(ids), now=now)
            refresh_groups(scheme.id, year)
    return sum(map(len, wanted.values()))


def _years_with_facts(enterprise_ids: Iterable[int]) -> list[tuple[int, int]]:
    rows = db.session.execute(
        sa.text("""
            SELECT DISTINCT enterprise_id, year FROM fact
            WHERE enterprise_id = ANY(:ids) AND source <> 'scheme'
        """),
        {"ids": sorted(enterprise_ids)},
    )
    return [(row.enterprise_id, row.year) for row in rows]


def compute(
    scheme: ScoreScheme,
    version: SchemeVersion,
    year: int,
    enterprise_ids: Sequence[int],
    *,
    now: datetime,
    run_id: int | None = None,
) -> int:
    """Score some enterprises by a version for a year, in a run or alone; give how many scores are
    new.

    Who has no fact of the year has no score. A score like the one that stands is not repeated. Two
    at once wait for each other, so that the later one stands.
    """
    db.session.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtext('score'), CAST(:scheme_id AS integer))"),
        {"scheme_id": scheme.id},
    )
    rules, upto = scheme_of(version), newest_statement()
    known = known_of_many(enterprise_ids, year, codes=codes_of(rules), upto=upto)
    industries = industries_of(enterprise_ids)
    peers = peers_of(rules, year, upto=upto)
    before = digests(scheme.id, year, enterprise_ids)
    rows: list[dict[str, Any]] = []
    for enterprise_id in enterprise_ids:
        mine = known.get(enterprise_id)
        if mine is None or not any(years == 0 for _code, years in mine.values):
            continue
        content = scored(rules, mine, industry=industries.get(enterprise_id, ""), peers=peers)
        texts = written_content(content)
        digest = digest_of(version.id, texts)
        if before.get(enterprise_id) != digest:
            documents = {name: Written(texts[name]) for name in DOCUMENTS}
            said = {"enterprise_id": enterprise_id, **content, **documents}
            rows.append(said | {"content_sha256": digest})
    about = {"version_id": version.id, "year": year, "run_id": run_id, "upto_fact_id": upto}
    _keep(scheme, version, rows, about | {"computed_at": now}, now=now)
    return len(rows)


def scored(rules: Scheme, mine: Known, *, industry: str, peers: PeerValues) -> dict[str, Any]:
    """Compute one score, as it is kept."""
    made = score(rules, mine.values, industry=industry, peers=peers)
    return content_of(rules, made, mine.values, mine.sources)


def industries_of(enterprise_ids: Iterable[int] | None = None) -> dict[int, str]:
    """Give the industries of some enterprises, or of all that are in use."""
    rows = db.session.execute(
        sa.text("""
            SELECT id, industry_en FROM enterprise
            WHERE CASE WHEN CAST(:ids AS bigint[]) IS NULL THEN active ELSE id = ANY(:ids) END
        """),
        {"ids": None if enterprise_ids is None else list(enterprise_ids)},
    )
    return {row.id: row.industry_en for row in rows}


def peers_of(rules: Scheme, year: int, *, upto: int | None = None) -> PeerValues:
    """Give the values that percentiles of a scheme compare with, of everybody in use, if wanted as
    they were known up to a statement.
    """
    codes = codes_for_peers(rules)
    if not codes:
        return {}
    industries = industries_of()
    known = known_of_many(list(industries), year, codes=codes, upto=upto)
    return peer_values(rules, ((industries[i], mine.values) for i, mine in known.items()))


_STAND = sa.text("""
    INSERT INTO score_standing (scheme_id, year, enterprise_id, score_id, version_id, stage_code,
        total, passes, content_sha256)
    SELECT :scheme_id, :year, n.enterprise_id, n.score_id, :version_id, s.stage_code, s.total,
        s.passes, n.content_sha256
    FROM unnest(:enterprise_ids, :score_ids, :digests)
        AS n (enterprise_id, score_id, content_sha256)
    JOIN score AS s ON s.id = n.score_id
    ON CONFLICT (scheme_id, year, enterprise_id) DO UPDATE SET score_id = excluded.score_id,
        version_id = excluded.version_id, stage_code = excluded.stage_code,
        total = excluded.total, passes = excluded.passes, content_sha256 = excluded.content_sha256
""").bindparams(
    sa.bindparam("enterprise_ids", type_=sa.ARRAY(sa.BigInteger)),
    sa.bindparam("score_ids", type_=sa.ARRAY(sa.BigInteger)),
    sa.bindparam("digests", type_=sa.ARRAY(sa.Text)),
)


def _keep(
    scheme: ScoreScheme,
    version: SchemeVersion,
    rows: list[dict[str, Any]],
    about: dict[str, Any],
    *,
    now: datetime,
) -> None:
    if not rows:
        return
    ids, year = reserve_ids("score", len(rows)), about["year"]
    kept = [
        {"id": score_id, **about} | {name: row[name] for name in row if name != "content_sha256"}
        for score_id, row in zip(ids, rows, strict=True)
    ]
    copy_rows(Score, kept)
    db.session.execute(
        _STAND,
        {
            "scheme_id": scheme.id,
            "year": year,
            "version_id": version.id,
            "enterprise_ids": [row["enterprise_id"] for row in rows],
            "score_ids": ids,
            "digests": [row["content_sha256"] for row in rows],
        },
    )
    if scheme.kind_code == SchemeKind.POINTS:
        _say_as_facts(f"{scheme.code} {version.number}", year, rows, now=now)


def _say_as_facts(reference: str, year: int, rows: list[dict[str, Any]], *, now: datetime) -> None:
    """Let the zone's points be facts, too, so that conditions of others may ask for them."""
    said = []
    for row in rows:
        of = {"enterprise_id": row["enterprise_id"], "year": year, "reference": reference}
        said.append(Said(code="points", value=Decimal(row["total"]), **of))
        if row["stage_code"] is not None:
            said.append(Said(code="points_stage", value=row["stage_code"], **of))
    record_facts(said, actor=SYSTEM, source=Source.SCHEME, now=now)


_REFRESH = sa.text("""
    WITH gone AS (DELETE FROM score_group WHERE scheme_id = :scheme_id AND year = :year),
    standing AS (
        SELECT s.stage_code, s.total, sc.lines FROM score_standing AS s
        JOIN score AS sc ON sc.id = s.score_id
        WHERE s.scheme_id = :scheme_id AND s.year = :year AND s.stage_code IS NOT NULL
    ),
    of_indicator AS (
        SELECT stage_code, line ->> 'indicator' AS indicator,
            percentile_disc(0.5) WITHIN GROUP (ORDER BY CAST(line ->> 'points' AS numeric))
                AS median
        FROM standing CROSS JOIN jsonb_array_elements(lines) AS line GROUP BY 1, 2
    ),
    medians AS (
        SELECT stage_code, jsonb_object_agg(indicator, CAST(median AS text)) AS medians
        FROM of_indicator GROUP BY 1
    )
    SELECT s.stage_code, count(*) AS enterprises,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY s.total) AS median, m.medians
    FROM standing AS s JOIN medians AS m ON m.stage_code = s.stage_code
    GROUP BY s.stage_code, m.medians
""")
_GROUP = sa.text("""
    INSERT INTO score_group (scheme_id, year, stage_code, enterprises, median, medians)
    SELECT :scheme_id, :year, n.stage_code, n.enterprises, n.median, n.medians
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS n (stage_code text, enterprises integer, median numeric, medians jsonb)
""")


def refresh_groups(scheme_id: int, year: int) -> None:
    """Say anew what the stages of a scheme are like in a year."""
    of = {"scheme_id": scheme_id, "year": year}
    rows = [dict(row) for row in db.session.execute(_REFRESH, of).mappings()]
    if rows:
        db.session.execute(_GROUP, of | {"rows": json.dumps(rows, default=str)})


def begin_run(version: SchemeVersion, year: int, *, now: datetime) -> ScoreRun:
    """Let a version be computed for everybody, in parts; a run that waits already is begun anew."""
    db.session.execute(
        sa.text("""
            UPDATE score_run SET ended_at = :now, replaced = true
            WHERE ended_at IS NULL AND year = :year
                AND version_id IN (SELECT id FROM scheme_version WHERE scheme_id = :scheme_id)
        """),
        {"now": now, "year": year, "scheme_id": version.scheme_id},
    )
    total = db.session.scalar(sa.text("SELECT count(*) FROM enterprise WHERE active")) or 0
    run = ScoreRun(version_id=version.id, year=year, total=total, done=0, upto_id=0, begun_at=now)
    db.session.add(run)
    db.session.flush()
    return run


def go_on(*, now: datetime) -> int:
    """Do the next part of the oldest run that waits; give how many were scored in it."""
    run = db.session.scalars(
        sa.select(ScoreRun)
        .where(ScoreRun.ended_at.is_(None))
        .order_by(ScoreRun.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if run is None:
        return 0
    version = db.session.get_one(SchemeVersion, run.version_id)
    scheme = db.session.get_one(ScoreScheme, version.scheme_id)
    ids = db.session.scalars(
        sa.text("SELECT id FROM enterprise WHERE active AND id > :upto ORDER BY id LIMIT :most"),
        {"upto": run.upto_id, "most": AT_ONCE},
    ).all()
    if ids:
        compute(scheme, version, run.year, ids, now=now, run_id=run.id)
        run.upto_id, run.done = ids[-1], run.done + len(ids)
    if len(ids) < AT_ONCE:
        refresh_groups(scheme.id, run.year)
        run.ended_at = now
    db.session.flush()
    return len(ids)

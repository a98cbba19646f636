"""Edits drafts of schemes, previews what they would change, and publishes them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.facts.expressions import Expression
from service_portal.facts.kinds import KINDS
from service_portal.facts.queries import known_of_many
from service_portal.facts.sorts import Sort, Unsound, check_sort
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict, Missing, Refused
from service_portal.scoring.codes import VersionState
from service_portal.scoring.computing import begin_run, industries_of, peers_of
from service_portal.scoring.keeping import codes_of
from service_portal.scoring.models import SchemeVersion, ScoreScheme, ScoreStanding
from service_portal.scoring.normalising import Choice
from service_portal.scoring.rules import score
from service_portal.scoring.scheme_reading import Fault, Unusable, Wrong, read
from service_portal.scoring.schemes import Scheme
from service_portal.scoring.stages import forget_stages

MOST_PREVIEWED = 5_000
_NEEDS = {
    Sort.NUMBER: Wrong.NEEDS_NUMBER,
    Sort.CONDITION: Wrong.NEEDS_CONDITION,
    Sort.TEXT: Wrong.NEEDS_TEXT,
}


def make_draft(scheme_id: int, *, now: datetime) -> SchemeVersion:
    """Give the draft of a scheme, made as a copy of its newest version when there is none yet."""
    scheme = db.session.get(ScoreScheme, scheme_id, with_for_update=True)
    if scheme is None:
        raise Missing()
    newest = db.session.scalars(
        sa.select(SchemeVersion)
        .where(SchemeVersion.scheme_id == scheme_id)
        .order_by(SchemeVersion.number.desc())
        .limit(1)
    ).one()
    if newest.status == VersionState.DRAFT:
        return newest
    draft = SchemeVersion(
        scheme_id=scheme_id,
        number=newest.number + 1,
        status=VersionState.DRAFT,
        from_year=newest.from_year,
        definition=copy.deepcopy(newest.definition),
        created_at=now,
    )
    db.session.add(draft)
    db.session.flush()
    return draft


def lock_draft(version_id: int) -> SchemeVersion:
    """Lock a draft for a change. Raises Missing, and Conflict when it is published."""
    version = db.session.get(
        SchemeVersion, version_id, with_for_update=True, populate_existing=True
    )
    if version is None:
        raise Missing()
    if version.status != VersionState.DRAFT:
        raise Conflict(_("This version is published and never changes. Make a new draft."))
    return version


def change_draft(
    version_id: int, definition: Mapping[str, Any], *, from_year: int, note: str
) -> None:
    """Keep a draft as it is, with its faults: they only keep it from being published."""
    version = lock_draft(version_id)
    version.definition, version.from_year, version.note = dict(definition), from_year, note
    db.session.flush()


def change_indicator(version_id: int, code: str | None, indicator: dict[str, Any]) -> None:
    """Put an indicator in the place of the one with this code, or add it."""
    version = lock_draft(version_id)
    definition = copy.deepcopy(version.definition)
    listed = definition.setdefault("indicators", [])
    place = next((n for n, one in enumerate(listed) if one.get("code") == code), None)
    if code is not None and place is None:
        raise Missing()
    if place is None:
        listed.append(indicator)
    else:
        listed[place] = indicator
    version.definition = definition
    db.session.flush()


def remove_indicator(version_id: int, code: str) -> None:
    """Take an indicator out of a draft."""
    version = lock_draft(version_id)
    definition = copy.deepcopy(version.definition)
    left = [one for one in definition.get("indicators", []) if one.get("code") != code]
    if len(left) == len(definition.get("indicators", [])):
        raise Missing()
    definition["indicators"] = left
    version.definition = definition
    db.session.flush()


def faults_of(definition: Mapping[str, Any]) -> list[Fault]:
    """List everything that keeps a draft from being published."""
    try:
        scheme = read(definition)
    except Unusable as unusable:
        return list(unusable.faults)
    return list(_faults_in_formulas(scheme))


def _faults_in_formulas(scheme: Scheme) -> Iterator[Fault]:
    """Give what could not be computed: facts that nobody states, and what is of another sort than
    its place takes.
    """
    stated = {kind.code for kind in KINDS.values() if kind.is_stated}
    for place, expression, needed in _formulas(scheme):
        for code in sorted({code for code, _years in expression.names} - stated):
            yield Fault(place, Wrong.UNKNOWN_FACT, code)
        try:
            check_sort(expression.tree, *needed)
        except Unsound as unsound:
            yield Fault(place, _NEEDS[unsound.needed], unsound.part)


def _formulas(scheme: Scheme) -> Iterator[tuple[str, Expression, tuple[Sort, ...]]]:
    """Give every formula with its place and with what it may give there."""
    for n, one in enumerate(scheme.indicators):
        for m, way in enumerate(one.ways):
            takes = tuple(Sort) if isinstance(way.points, Choice) else (Sort.NUMBER,)
            yield f"indicators.{n}.ways.{m}.formula", way.formula, takes
    for name in ("stages", "hard", "alternatives"):
        for n, one in enumerate(getattr(scheme, name)):
            yield f"{name}.{n}.condition", one.condition, (Sort.CONDITION,)


def publish(version_id: int, *, actor: Actor, last_year: int, now: datetime) -> SchemeVersion:
    """Publish a draft and let everybody be scored by it, for each year it applies to.

    Raises Refused while anything is wrong with it, Conflict when somebody was faster.
    """
    try:
        version = lock_draft(version_id)
    except Conflict as conflict:
        raise Conflict(
            _("This version is published already: everybody is scored by it.")
        ) from conflict
    if faults_of(version.definition):
        raise Refused(_("The draft can't be used yet; the page says what is wrong."))
    db.session.execute(
        sa.update(SchemeVersion)
        .where(SchemeVersion.id == version.id)
        .values(status=VersionState.PUBLISHED, published_at=now, published_by_id=actor.person_id)
    )
    db.session.refresh(version)
    forget_stages()
    first = max(version.from_year, last_year - 1)
    for year in range(first, last_year + 1):
        begin_run(version, year, now=now)
    return version


@dataclass
class Change:
    """What a draft would change in a stage."""

    enterprises: int = 0
    rises: int = 0
    falls: int = 0
    same: int = 0
    moved: int = 0
    passed: int = 0
    would_pass: int = 0
    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)


@dataclass
class Preview:
    """What a draft would change for a year's enterprises, in all and by the stage they would be in;
    `cut` says that there are more than were looked at.
    """

    year: int
    total: Change = field(default_factory=Change)
    stages: dict[str, Change] = field(default_factory=dict)
    cut: bool = False


def preview(version: SchemeVersion, year: int) -> Preview:
    """Say what a draft would change for last year's enterprises, without keeping any of it.

    Raises Unusable.
    """
    scheme, made = read(version.definition), Preview(year)
    ids = list(
        db.session.scalars(
            sa.text("SELECT id FROM enterprise WHERE active ORDER BY id LIMIT :most"),
            {"most": MOST_PREVIEWED + 1},
        )
    )
    made.cut, ids = len(ids) > MOST_PREVIEWED, ids[:MOST_PREVIEWED]
    known = known_of_many(ids, year, codes=codes_of(scheme))
    industries, peers = industries_of(ids), peers_of(scheme, year)
    before = {
        row.enterprise_id: row
        for row in db.session.execute(
            sa.select(
                ScoreStanding.enterprise_id,
                ScoreStanding.total,
                ScoreStanding.passes,
                ScoreStanding.stage_code,
            ).where(ScoreStanding.scheme_id == version.scheme_id, ScoreStanding.year == year)
        )
    }
    for enterprise_id in ids:
        mine = known.get(enterprise_id)
        if mine is None or not any(years == 0 for _code, years in mine.values):
            continue
        now_made = score(
            scheme, mine.values, industry=industries.get(enterprise_id, ""), peers=peers
        )
        stage = made.stages.setdefault(now_made.stage or "", Change())
        for change in (made.total, stage):
            _add(change, before.get(enterprise_id), now_made)
    return made


def _add(change: Change, was: Any, would: Any) -> None:
    change.enterprises += 1
    change.after += would.total
    change.would_pass += would.passes is True
    if was is None:
        return
    change.before += was.total
    change.passed += was.passes is True
    change.moved += was.stage_code != would.stage
    change.rises += would.total > was.total
    change.falls += would.total < was.total
    change.same += would.total == was.total

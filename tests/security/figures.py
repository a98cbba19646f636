"""What is known of an enterprise: figures that differ, their scores, and a dispute of one."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from secrets import token_hex

import sqlalchemy as sa

from service_portal.access.actor import SYSTEM, Actor
from service_portal.facts.proving import prove_figure
from service_portal.facts.rules import Source
from service_portal.facts.services import Said, record_facts
from service_portal.files.storing import Stored, path_of
from service_portal.kernel.db import db
from service_portal.scoring.computing import compute, refresh_groups
from service_portal.scoring.models import Score, ScoreDispute
from service_portal.scoring.queries import applying
from tests.security.sides import Side

YEAR = 2025


def know_and_dispute(side: Side, manager: Actor, home: Path, at: datetime) -> None:
    """Let an enterprise and a department say different things, prove them, and score them."""
    for source, factor in ((Source.OWN, 1), (Source.DEPARTMENT, 2)):
        said = [
            Said(side.enterprise_id, YEAR, code, Decimal(value * factor), "a file", "a word")
            for code, value in (("revenue", 3_000_000_000), ("rd_expense", 120_000_000))
        ]
        actor = side.people["owner"].actor if source is Source.OWN else SYSTEM
        record_facts(said, actor=actor, source=source, now=at)
    for actor in (side.people["owner"].actor, manager):
        prove_figure(
            [_file(home)],
            actor=actor,
            enterprise_id=side.enterprise_id,
            year=YEAR,
            code="revenue",
            now=at,
        )
    for scheme, version in applying(YEAR):
        compute(scheme, version, YEAR, [side.enterprise_id], now=at)
        refresh_groups(scheme.id, YEAR)
    score_id = db.session.scalar(
        sa.select(sa.func.max(Score.id)).where(Score.enterprise_id == side.enterprise_id)
    )
    db.session.add(
        ScoreDispute(
            enterprise_id=side.enterprise_id,
            score_id=score_id,
            indicator_code="rd_share",
            ticket_id=side.tickets["held"],
            status="rejected",
            filed_at=at,
            decided_at=at,
            decision_note="a word",
        )
    )
    db.session.flush()


def _file(home: Path) -> Stored:
    name = token_hex(20)
    path = path_of(name, home)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("nothing yet")
    return Stored(name, 11, token_hex(32), "text/plain", "report.txt")

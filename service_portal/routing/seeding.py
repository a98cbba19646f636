"""Gives a new zone its first routing rules from `data/rules.json`."""

from __future__ import annotations

import json
from pathlib import Path

import sqlalchemy as sa

from service_portal.directory.models import Station
from service_portal.kernel.db import db
from service_portal.routing.models import RoutingRule

DATA = Path(__file__).parent / "data" / "rules.json"


def load_rules() -> None:
    """Make the rules of a zone that has none."""
    if db.session.scalar(sa.select(sa.func.count()).select_from(RoutingRule)):
        return
    stations = {row.code: row.id for row in db.session.execute(sa.select(Station.code, Station.id))}
    db.session.add_all(
        RoutingRule(
            position=position,
            name_en=rule["name"]["en"],
            name_zh=rule["name"]["zh"],
            conditions=rule["conditions"],
            station_id=stations[rule["station"]],
        )
        for position, rule in enumerate(json.loads(DATA.read_text(encoding="utf-8")))
    )
    db.session.flush()

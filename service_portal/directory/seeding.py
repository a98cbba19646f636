"""Fills the directory of a new zone from `data/zone.json`, which a zone may edit before its first
start: its name, parks and stations.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from service_portal.catalogue.models import Category
from service_portal.directory.models import Park, Station, StationCoverage, Zone
from service_portal.kernel.db import db

DATA = Path(__file__).parent / "data" / "zone.json"


def load_zone() -> None:
    """Make what is missing of the zone, its parks and stations; a second run changes nothing."""
    zone = json.loads(DATA.read_text(encoding="utf-8"))
    _add(Zone, id=1, **_names(zone))
    for park in zone["parks"]:
        _add(Park, code=park["code"], **_names(park))
    parks = {row.code: row.id for row in db.session.execute(sa.select(Park.code, Park.id))}
    categories = list(db.session.scalars(sa.select(Category.code)))
    for position, station in enumerate(zone["stations"]):
        _add(
            Station,
            code=station["code"],
            position=position,
            is_headquarters=station["headquarters"],
            **_names(station),
        )
        station_id = db.session.scalar(sa.select(Station.id).where(Station.code == station["code"]))
        rows = [
            {"station_id": station_id, "park_id": parks[park], "category_code": category}
            for park in station["parks"]
            # A station without categories of its own takes all of them.
            for category in station["categories"] or categories
        ]
        if rows:
            db.session.execute(insert(StationCoverage).values(rows).on_conflict_do_nothing())
    db.session.flush()


def _names(entry: dict[str, Any]) -> dict[str, str]:
    return {"name_en": entry["name"]["en"], "name_zh": entry["name"]["zh"]}


def _add(model: type[Any], **values: object) -> None:
    db.session.execute(insert(model).values(**values).on_conflict_do_nothing())

"""The bones every zone needs before anybody can file: the zone, its parks and nine stations,
calendar and catalogue. Names of stations are invented (domain.md 5.2).
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from service_portal.catalogue.models import Category
from service_portal.catalogue.services import load_catalogue
from service_portal.directory.models import Park, Station, StationCoverage, Zone
from service_portal.kernel.db import db
from service_portal.routing.models import RoutingRule
from service_portal.sla.services import load_official_days

PARKS = (
    ("HQ", "Shishan (headquarters)", "狮山（总部）"),
    ("CC", "Chancheng Park", "禅城园"),
    ("NH", "Nanhai Park", "南海园"),
    ("SD", "Shunde Park", "顺德园"),
    ("GM", "Gaoming Park", "高明园"),
    ("SS", "Sanshui Park", "三水园"),
)

# code, English, Chinese, parks, categories (empty: all of them)
STATIONS = (
    ("ST01", "Zone HQ Service Station", "高新区总站", ("HQ",), ()),
    ("ST02", "Chancheng Station", "禅城园服务站", ("CC",), ()),
    ("ST03", "Nanhai Station (Shishan)", "南海园服务站", ("NH",), ()),
    ("ST04", "Shunde Station", "顺德园服务站", ("SD",), ()),
    ("ST05", "Gaoming Station", "高明园服务站", ("GM",), ()),
    ("ST06", "Sanshui Station (Leping)", "三水园服务站", ("SS",), ()),
    ("ST07", "Lighthouse Station", "灯塔产业园服务站", (), ()),
    ("ST08", "Northern Foshan Station", "佛北战新产业园服务站", (), ()),
    ("ST09", "Sci-tech Finance Station", "科技金融服务站", (), ()),
)

# name en, name zh, conditions, station
RULES = (
    (
        "Large loans go to the finance station",
        "大额融资转科技金融服务站",
        {"categories": ["FIN"], "amount_from": 5_000_000},
        "ST09",
    ),
    (
        "Points loans go to the finance station",
        "积分贷转科技金融服务站",
        {"services": ["FIN-02"]},
        "ST09",
    ),
    ("Talent teams go to the Lighthouse", "人才团队转灯塔站", {"services": ["TAL-02"]}, "ST07"),
    (
        "New sites in Sanshui go to Northern Foshan",
        "三水落地项目转佛北站",
        {"services": ["SPC-01", "SPC-02"], "parks": ["SS"]},
        "ST08",
    ),
)


def seed_skeleton(*, now: datetime, demo: bool = False) -> None:
    """Make what is missing of the zone's bones; a second run changes nothing.

    A real zone gives itself its name.
    """
    name = (
        ("Foshan High-tech Zone (demo)", "佛山高新区（演示）")
        if demo
        else ("High-tech Zone", "高新区")
    )
    load_official_days()
    load_catalogue(now=now)
    db.session.execute(
        insert(Zone).values(id=1, name_en=name[0], name_zh=name[1]).on_conflict_do_nothing()
    )
    for code, en, zh in PARKS:
        db.session.execute(
            insert(Park).values(code=code, name_en=en, name_zh=zh).on_conflict_do_nothing()
        )
    parks = {row.code: row.id for row in db.session.execute(sa.select(Park.code, Park.id))}
    categories = list(db.session.scalars(sa.select(Category.code)))
    for position, (code, en, zh, covered, wanted) in enumerate(STATIONS):
        db.session.execute(
            insert(Station)
            .values(
                code=code, name_en=en, name_zh=zh, position=position, is_headquarters=position == 0
            )
            .on_conflict_do_nothing()
        )
        station_id = db.session.scalar(sa.select(Station.id).where(Station.code == code))
        rows = [
            {"station_id": station_id, "park_id": parks[park], "category_code": category}
            for park in covered
            for category in wanted or categories
        ]
        if rows:
            db.session.execute(insert(StationCoverage).values(rows).on_conflict_do_nothing())
    if not db.session.scalar(sa.select(sa.func.count()).select_from(RoutingRule)):
        stations = {
            row.code: row.id for row in db.session.execute(sa.select(Station.code, Station.id))
        }
        db.session.add_all(
            RoutingRule(
                position=position,
                name_en=en,
                name_zh=zh,
                conditions=conditions,
                station_id=stations[code],
            )
            for position, (en, zh, conditions, code) in enumerate(RULES)
        )
    db.session.flush()

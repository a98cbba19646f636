"""Fills and changes the catalogue. A changed definition becomes a new version; old tickets keep theirs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from service_portal.access.actor import Actor
from service_portal.catalogue.models import Category, Service, ServiceVersion
from service_portal.catalogue.queries import forget_services
from service_portal.catalogue.rules import parse
from service_portal.kernel.db import db

DATA = Path(__file__).parent / "data"


def load_catalogue(*, now: datetime) -> int:
    """Bring the shipped catalogue into the database and count the new versions; a second run makes none."""
    made = 0
    for path in sorted(DATA.glob("*.json")):
        category = json.loads(path.read_text(encoding="utf-8"))
        names = {"name_en": category["name"]["en"], "name_zh": category["name"]["zh"], "icon": category["icon"], "position": category["position"]}
        db.session.execute(
            insert(Category).values(code=category["code"], **names).on_conflict_do_update(index_elements=["code"], set_=names)
        )
        for position, raw in enumerate(category["services"]):
            db.session.execute(
                insert(Service)
                .values(code=raw["code"], category_code=category["code"], name_en=raw["name"]["en"], name_zh=raw["name"]["zh"], position=position)
                .on_conflict_do_nothing()
            )
            made += _publish(raw["code"], raw, note="shipped", actor=None, now=now)
    forget_services()
    return made


def publish_version(*, actor: Actor, service_code: str, raw: Mapping[str, Any], note: str, now: datetime) -> bool:
    """Make a new version the current one and say whether anything changed. Raises BadDefinition with every problem."""
    made = _publish(service_code, {**raw, "code": service_code}, note=note, actor=actor, now=now)
    forget_services()
    return made


def _publish(code: str, raw: Mapping[str, Any], *, note: str, actor: Actor | None, now: datetime) -> bool:
    definition = parse(raw)
    newest = db.session.execute(
        sa.select(ServiceVersion).where(ServiceVersion.service_code == code).order_by(ServiceVersion.version.desc()).limit(1)
    ).scalar_one_or_none()
    if newest is not None and newest.definition == dict(raw):
        return False
    version = ServiceVersion(
        service_code=code, version=newest.version + 1 if newest else 1, definition=dict(raw), note=note,
        published_by_id=actor.person_id if actor else None, published_at=now,
    )  # fmt: skip
    db.session.add(version)
    db.session.flush()
    db.session.execute(
        sa.update(Service)
        .where(Service.code == code)
        .values(version_id=version.id, name_en=definition.name.en, name_zh=definition.name.zh)
    )
    return True


def set_active(*, service_code: str, active: bool) -> None:
    """Offer a service, or stop offering it; open tickets go on."""
    db.session.execute(sa.update(Service).where(Service.code == service_code).values(active=active))
    forget_services()


def raw_definition(version_id: int) -> dict[str, Any]:
    """Give a definition as it is stored."""
    return dict(db.session.get_one(ServiceVersion, version_id).definition)


def versions_of(service_code: str) -> list[ServiceVersion]:
    """List the versions of a service, newest first."""
    query = sa.select(ServiceVersion).where(ServiceVersion.service_code == service_code).order_by(ServiceVersion.version.desc())
    return list(db.session.scalars(query))


def read_edited(raw: Mapping[str, Any], form: Mapping[str, str], fields_json: str) -> dict[str, Any]:
    """Put an administrator's edits over a definition: names, promises and delivery from inputs, the questions from JSON.

    Raises ValueError when the JSON or a number cannot be read.
    """
    edited = dict(raw)
    for key in ("name", "summary", "evidence", "providers"):
        edited[key] = {"en": form.get(f"{key}_en", "").strip(), "zh": form.get(f"{key}_zh", "").strip()}
    edited["limits"] = {
        kind: {"amount": int(form.get(f"{kind}_amount") or 0), "unit": form.get(f"{kind}_unit", "")} for kind in ("accept", "contact", "resolve", "offer")
    }
    edited["delivered_by"] = form.get("delivered_by", "")
    edited["effort_points"] = int(form.get("effort_points") or 0)
    edited["max_extension_working_days"] = int(form.get("max_extension_working_days") or 0)
    edited["auto_accept"] = form.get("auto_accept") == "1"
    fields = json.loads(fields_json)
    if not isinstance(fields, list) or not all(isinstance(field, dict) for field in fields):
        raise ValueError("a list of fields is needed")
    edited["fields"] = fields
    return edited

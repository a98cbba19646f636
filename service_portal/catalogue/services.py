"""Fills and changes the catalogue.

A changed definition becomes a new version; old tickets keep theirs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from service_portal.access.actor import Actor
from service_portal.catalogue.definition_rules import PARALLEL, Fault, problems_of
from service_portal.catalogue.models import Category, Service, ServiceVersion
from service_portal.catalogue.queries import CurrentService, forget_services, services
from service_portal.catalogue.rules import BadDefinition, parse
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.kernel.reasons import Reason

DATA = Path(__file__).parent / "data"


def load_catalogue(*, now: datetime) -> int:
    """Bring the shipped catalogue into the database and count the new versions; a second run makes
    none. What somebody has edited stays as edited.
    """
    made = 0
    for path in sorted(DATA.glob("*.json")):
        category = json.loads(path.read_text(encoding="utf-8"))
        names = {
            "name_en": category["name"]["en"],
            "name_zh": category["name"]["zh"],
            "icon": category["icon"],
            "position": category["position"],
        }
        db.session.execute(
            insert(Category).values(code=category["code"], **names).on_conflict_do_nothing()
        )
        for position, raw in enumerate(category["services"]):
            db.session.execute(
                insert(Service)
                .values(
                    code=raw["code"],
                    category_code=category["code"],
                    name_en=raw["name"]["en"],
                    name_zh=raw["name"]["zh"],
                    position=position,
                )
                .on_conflict_do_nothing()
            )
            if not _is_edited(raw["code"]):
                made += _publish(raw["code"], raw, note="shipped", actor=None, now=now)
    forget_services()
    return made


def _is_edited(service_code: str) -> bool:
    return (
        db.session.scalar(
            sa.select(ServiceVersion.id)
            .where(
                ServiceVersion.service_code == service_code,
                ServiceVersion.published_by_id.is_not(None),
            )
            .limit(1)
        )
        is not None
    )


def create_service(
    *, actor: Actor, category_code: str, raw: Mapping[str, Any], note: str, now: datetime
) -> str:
    """Add a service to a category as its last, and give its code.

    Raises BadDefinition with every problem.
    """
    code = str(raw.get("code", ""))
    problems = problems_of(raw)
    if not code.startswith(f"{category_code}-") or category_code not in {
        category.code for category in all_categories()
    }:
        problems.append(Reason(Fault.CODE_OF_CATEGORY))
    if problems:
        raise BadDefinition(problems)
    last = (
        sa.select(sa.func.coalesce(sa.func.max(Service.position), -1) + 1)
        .where(Service.category_code == category_code)
        .scalar_subquery()
    )
    names = {"name_en": raw["name"]["en"], "name_zh": raw["name"]["zh"]}
    made = (
        insert(Service)
        .values(code=code, category_code=category_code, position=last, **names)
        .on_conflict_do_nothing()
        .returning(Service.code)
    )
    if db.session.scalar(made) is None:
        raise BadDefinition([Reason(Fault.CODE_TAKEN)])
    publish_version(actor=actor, service_code=code, raw=raw, note=note, now=now)
    return code


def all_categories() -> list[Category]:
    """List the categories in order, those without a service too."""
    return list(db.session.scalars(sa.select(Category).order_by(Category.position, Category.code)))


def save_category(
    *, code: str, name_en: str, name_zh: str, icon: str, position: int, is_new: bool
) -> None:
    """Add a category, or rename and move one.

    Raises Refused when a new one has the code of another.
    """
    names = {"name_en": name_en, "name_zh": name_zh, "icon": icon, "position": position}
    if not is_new:
        db.session.execute(sa.update(Category).where(Category.code == code).values(**names))
    elif (
        db.session.scalar(
            insert(Category)
            .values(code=code, **names)
            .on_conflict_do_nothing()
            .returning(Category.code)
        )
        is None
    ):
        raise Refused(_("There is a category with this code already."), field="code")
    forget_services()


def publish_version(
    *, actor: Actor, service_code: str, raw: Mapping[str, Any], note: str, now: datetime
) -> bool:
    """Make a new version the current one and say whether anything changed.

    Raises BadDefinition with every problem.
    """
    made = _publish(service_code, {**raw, "code": service_code}, note=note, actor=actor, now=now)
    forget_services()
    return made


def _publish(
    code: str, raw: Mapping[str, Any], *, note: str, actor: Actor | None, now: datetime
) -> bool:
    definition = parse(raw)
    newest = db.session.execute(
        sa.select(ServiceVersion)
        .where(ServiceVersion.service_code == code)
        .order_by(ServiceVersion.version.desc())
        .limit(1)
    ).scalar_one_or_none()
    if newest is not None and newest.definition == dict(raw):
        return False
    version = ServiceVersion(
        service_code=code,
        version=newest.version + 1 if newest else 1,
        definition=dict(raw),
        note=note,
        published_by_id=actor.person_id if actor else None,
        published_at=now,
    )
    db.session.add(version)
    db.session.flush()
    db.session.execute(
        sa.update(Service)
        .where(Service.code == code)
        .values(version_id=version.id, name_en=definition.name.en, name_zh=definition.name.zh)
    )
    return True


def asking_one_by_one() -> list[CurrentService]:
    """List the services in use that ask several institutions side by side in a new zone, and one
    after the other here: a zone that is older than that decides for itself.
    """
    known = services()
    return [
        known[code]
        for code in _shipped_in_parallel()
        if code in known and known[code].active and not known[code].definition.in_parallel
    ]


@cache
def _shipped_in_parallel() -> tuple[str, ...]:
    shipped = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(DATA.glob("*.json"))]
    every = [raw for category in shipped for raw in category["services"]]
    return tuple(raw["code"] for raw in every if raw.get("offers") == PARALLEL)


def set_active(*, service_code: str, active: bool) -> None:
    """Offer a service, or stop offering it; open tickets go on."""
    db.session.execute(sa.update(Service).where(Service.code == service_code).values(active=active))
    forget_services()


def raw_definition(version_id: int) -> dict[str, Any]:
    """Give a definition as it is stored."""
    return dict(db.session.get_one(ServiceVersion, version_id).definition)


def versions_of(service_code: str) -> list[ServiceVersion]:
    """List the versions of a service, newest first."""
    query = (
        sa.select(ServiceVersion)
        .where(ServiceVersion.service_code == service_code)
        .order_by(ServiceVersion.version.desc())
    )
    return list(db.session.scalars(query))

"""Reads the catalogue, kept in the process: a version never changes, the list of current services
is read again every few seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from time import monotonic

import sqlalchemy as sa
from flask import current_app

from service_portal.catalogue.models import Category, Service, ServiceVersion
from service_portal.catalogue.rules import ServiceDefinition, parse
from service_portal.kernel.db import db

RECHECK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class CategoryFacts:
    """A category as lists show it."""

    code: str
    name_en: str
    name_zh: str
    icon: str


@dataclass(frozen=True, slots=True)
class CurrentService:
    """A service as it can be asked for now."""

    code: str
    category: CategoryFacts
    version_id: int
    version: int
    active: bool
    definition: ServiceDefinition

    @property
    def name_en(self) -> str:
        """Give the English name."""
        return self.definition.name.en

    @property
    def name_zh(self) -> str:
        """Give the Chinese name."""
        return self.definition.name.zh


@dataclass
class _Kept:
    """What one application has read: definitions by version, and the current services with the time
    of reading.
    """

    versions: dict[int, ServiceDefinition] = field(default_factory=dict)
    current: tuple[float, dict[str, CurrentService]] | None = None


def _kept() -> _Kept:
    kept: _Kept = current_app.extensions.setdefault("portal_catalogue", _Kept())
    return kept


def definition(version_id: int) -> ServiceDefinition:
    """Give the definition of a version; read once in the life of the process."""
    versions = _kept().versions
    if version_id not in versions:
        _read([version_id])
    if version_id not in versions:
        raise LookupError(f"no version {version_id}")
    return versions[version_id]


def _read(version_ids: Iterable[int]) -> None:
    """Read the definitions of some versions, those that are kept already left out."""
    versions = _kept().versions
    missing = [version_id for version_id in version_ids if version_id not in versions]
    if missing:
        for row in db.session.execute(
            sa.select(ServiceVersion.id, ServiceVersion.definition).where(
                ServiceVersion.id.in_(missing)
            )
        ):
            versions[row.id] = parse(row.definition)


def services() -> dict[str, CurrentService]:
    """Give every service by its code in catalogue order, switched-off ones included."""
    kept = _kept()
    if kept.current is not None and monotonic() - kept.current[0] < RECHECK_SECONDS:
        return kept.current[1]
    rows = db.session.execute(
        sa.select(
            Service.code,
            Service.active,
            Service.version_id,
            ServiceVersion.version,
            Category.code.label("category_code"),
            Category.name_en,
            Category.name_zh,
            Category.icon,
        )
        .join(Category, Category.code == Service.category_code)
        .join(ServiceVersion, ServiceVersion.id == Service.version_id)
        .order_by(Category.position, Service.position, Service.code)
    ).all()
    _read(row.version_id for row in rows)
    found = {
        row.code: CurrentService(
            row.code,
            CategoryFacts(row.category_code, row.name_en, row.name_zh, row.icon),
            row.version_id,
            row.version,
            row.active,
            definition(row.version_id),
        )
        for row in rows
    }
    kept.current = (monotonic(), found)
    return found


def active_services() -> list[CurrentService]:
    """List the services that can be asked for."""
    return [service for service in services().values() if service.active]


def get_service(code: str) -> CurrentService | None:
    """Give a service by its code, in either case of letters, or None."""
    return services().get(code.upper())


def categories() -> list[CategoryFacts]:
    """List the categories in order."""
    seen = {service.category.code: service.category for service in services().values()}
    return list(seen.values())


def forget_services() -> None:
    """Read the catalogue again at its next use: it was changed in this process."""
    _kept().current = None

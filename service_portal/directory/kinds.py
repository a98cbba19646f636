"""The five kinds of the directory as tables of columns: one description serves page, check, import and export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from service_portal.directory.models import Enterprise, Institution, InstitutionScope, Member, MemberSkill, Park, Station, StationCoverage
from service_portal.directory.rules import clean_uscc, may_become, sort_key
from service_portal.kernel.db import db


class Wrong(ValueError):
    """A value that cannot be taken; its text is a sentence for the person."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how it is called, whether it is needed, and how its text is read (raising Wrong)."""

    name: str
    label: Any
    read: Callable[[str], Any]
    needed: bool = False
    help: Any = ""


def _text(most: int) -> Callable[[str], str]:
    def read(value: str) -> str:
        if len(value) > most:
            raise Wrong(_("Keep this under %(max)d characters.", max=most))
        return value

    return read


def _whole(value: str) -> int:
    try:
        number = int(value)
    except ValueError as error:
        raise Wrong(_("Write a whole number.")) from error
    if not 0 <= number <= 10_000:
        raise Wrong(_("Write a number from 0 to 10000."))
    return number


def _yes(value: str) -> bool:
    known = {"1": True, "yes": True, "true": True, "是": True, "0": False, "no": False, "false": False, "否": False, "": False}
    if value.strip().lower() not in known:
        raise Wrong(_("Write yes or no."))
    return known[value.strip().lower()]


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if value else None
    except ValueError as error:
        raise Wrong(_("Write a date, such as 2026-12-31.")) from error


def _code(value: str) -> str:
    if not 1 <= len(value) <= 20 or not value.replace("-", "").isalnum():
        raise Wrong(_("A code has letters and digits, at most twenty."))
    return value.upper()


def _uscc(value: str) -> str:
    clean = clean_uscc(value)
    if clean is None:
        raise Wrong(_("This is not a valid unified social credit code; check it for a slip."))
    return clean


def _reference(model: Any) -> Callable[[str], int]:
    def read(value: str) -> int:
        found = db.session.scalar(sa.select(model.id).where(model.code == value.strip().upper()))
        if found is None:
            raise Wrong(_("There is nothing with the code “%(code)s”.", code=value[:30]))
        return int(found)

    return read


# The catalogue stands above the directory, which only asks whether a code exists.
_CATEGORY, _SERVICE = (sa.table(name, sa.column("code", sa.Text)) for name in ("category", "service"))


def _list(model: Any, column: Any) -> Callable[[str], list[str]]:
    def read(value: str) -> list[str]:
        wanted = [part.strip().upper() for part in value.replace("，", ",").replace(";", ",").split(",") if part.strip()]
        known = set(db.session.scalars(sa.select(column).where(column.in_(wanted)))) if wanted else set()
        unknown = [part for part in wanted if part not in known]
        if unknown:
            raise Wrong(_("There is nothing with the code “%(code)s”.", code=", ".join(unknown)[:60]))
        return wanted

    return read


def _skills(value: str) -> dict[str, int]:
    levels: dict[str, int] = {}
    for part in value.replace("，", ",").replace("：", ":").split(","):
        if part.strip():
            code, _colon, level = part.strip().partition(":")
            if level not in {"1", "2", "3"}:
                raise Wrong(_("Write skills like FIN:3, IPR:2 with levels from 1 to 3."))
            levels[code.strip().upper()] = int(level)
    _list(_CATEGORY, _CATEGORY.c.code)(",".join(levels))
    return levels


_NAMES = (Column("name_zh", _l("Name in Chinese"), _text(120), True), Column("name_en", _l("Name in English"), _text(160), True))
_ACTIVE = Column("active", _l("In use"), _yes)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of entry: its table, its key and its columns. `extra` columns live in tables of their own."""

    name: str
    title: Any
    model: Any
    key: str
    columns: tuple[Column, ...]
    extra: tuple[str, ...] = ()


KINDS: dict[str, Kind] = {
    "parks": Kind("parks", _l("Parks"), Park, "code", (Column("code", _l("Code"), _code, True), *_NAMES, _ACTIVE)),
    "stations": Kind(
        "stations", _l("Stations"), Station, "code",
        (Column("code", _l("Code"), _code, True), *_NAMES, Column("address", _l("Address"), _text(200)), Column("phone", _l("Phone"), _text(40)), _ACTIVE,
         Column("parks", _l("Parks it covers"), _list(Park, Park.code), help=_l("Codes, separated by commas")),
         Column("categories", _l("Categories it covers"), _list(_CATEGORY, _CATEGORY.c.code), help=_l("Codes, separated by commas; every park above × every category"))),
        ("parks", "categories"),
    ),
    "institutions": Kind(
        "institutions", _l("Institutions"), Institution, "code",
        (Column("code", _l("Code"), _code, True), *_NAMES, Column("status", _l("State"), _text(20), help="applied → reviewed → admitted → suspended → exited"),
         Column("capacity_points", _l("Capacity in points"), _whole), Column("licence_no", _l("Licence number"), _text(60)), Column("licence_from", _l("Licence from"), _day),
         Column("licence_until", _l("Licence until"), _day), Column("contact_name", _l("Contact"), _text(80)), Column("phone", _l("Phone"), _text(40)), Column("controller", _l("Controller"), _text(80)),
         Column("services", _l("Services it accepts"), _list(_SERVICE, _SERVICE.c.code), help=_l("Codes, separated by commas")),
         Column("parks", _l("Parks it accepts"), _list(Park, Park.code), help=_l("Codes, separated by commas"))),
        ("services", "parks"),
    ),
    "members": Kind(
        "members", _l("Members"), Member, "code",
        (Column("code", _l("Code"), _code, True), *_NAMES, Column("station_id", _l("Station (code)"), _reference(Station), True), Column("is_lead", _l("Is a lead"), _yes),
         Column("capacity_points", _l("Capacity in points"), _whole), Column("on_duty", _l("On duty"), _yes), Column("phone", _l("Phone"), _text(40)), _ACTIVE,
         Column("skills", _l("Skills"), _skills, help=_l("Category and level, such as FIN:3, IPR:2"))),
        ("skills",),
    ),
    "enterprises": Kind(
        "enterprises", _l("Enterprises"), Enterprise, "uscc",
        (Column("uscc", _l("USCC"), _uscc, True), *_NAMES, Column("park_id", _l("Park (code)"), _reference(Park), True), Column("industry_zh", _l("Industry in Chinese"), _text(80)),
         Column("industry_en", _l("Industry in English"), _text(80)), Column("tags", _l("Tags"), lambda v: [t.strip() for t in v.replace("，", ",").split(",") if t.strip()][:20]),
         Column("contact_name", _l("Contact"), _text(80)), Column("phone", _l("Phone"), _text(40)), Column("controller", _l("Controller"), _text(80)), _ACTIVE),
    ),
}  # fmt: skip


def check(kind: Kind, values: dict[str, str], *, known: Any | None) -> tuple[dict[str, Any], dict[str, str]]:
    """Read the texts of a row: the values, and a sentence for each column that is wrong. Absent columns keep what is known."""
    read: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for column in kind.columns:
        if column.name not in values:
            if column.needed and known is None:
                errors[column.name] = _("Fill this in.")
            continue
        text = values[column.name].replace("\x00", "").strip()
        if not text and column.needed:
            errors[column.name] = _("Fill this in.")
            continue
        try:
            read[column.name] = column.read(text)
        except Wrong as wrong:
            errors[column.name] = str(wrong)
    _check_whole(kind, read, errors, known)
    return read, errors


def _check_whole(kind: Kind, read: dict[str, Any], errors: dict[str, str], known: Any | None) -> None:
    if kind.name == "institutions" and "status" in read:
        before = known.status if known is not None else "applied"
        read["status"] = read["status"] or before
        if not may_become(before, read["status"]):
            errors["status"] = _("An institution can't go from “%(a)s” to “%(b)s”.", a=before, b=read["status"])
    first, last = read.get("licence_from"), read.get("licence_until")
    if first and last and last < first:
        errors["licence_until"] = _("The licence ends before it begins.")


def save(kind: Kind, read: dict[str, Any], *, known: Any | None) -> Any:
    """Write a checked row with its coverage, scope or skills, and give it."""
    entry = known if known is not None else kind.model()
    for name, value in read.items():
        if name not in kind.extra:
            setattr(entry, name, value)
    if hasattr(entry, "sort_key"):
        entry.sort_key = sort_key(entry.name_zh or entry.name_en or "")
    if known is None:
        db.session.add(entry)
    db.session.flush()
    _save_extra(kind, entry, read)
    return entry


def _save_extra(kind: Kind, entry: Any, read: dict[str, Any]) -> None:
    if kind.name == "members" and "skills" in read:
        db.session.execute(sa.delete(MemberSkill).where(MemberSkill.member_id == entry.id))
        db.session.add_all(MemberSkill(member_id=entry.id, category_code=code, level=level) for code, level in read["skills"].items())
    if kind.name in {"stations", "institutions"} and set(kind.extra) & set(read):
        current = texts_of(kind, entry)
        first, second = kind.extra
        lefts = read.get(first, _split(current[first]))
        rights = read.get(second, _split(current[second]))
        park_ids = {row.code: row.id for row in db.session.execute(sa.select(Park.code, Park.id))}
        if kind.name == "stations":
            db.session.execute(sa.delete(StationCoverage).where(StationCoverage.station_id == entry.id))
            db.session.add_all(StationCoverage(station_id=entry.id, park_id=park_ids[park], category_code=code) for park in lefts for code in rights)
        else:
            db.session.execute(sa.delete(InstitutionScope).where(InstitutionScope.institution_id == entry.id))
            db.session.add_all(InstitutionScope(institution_id=entry.id, service_code=code, park_id=park_ids[park]) for code in lefts for park in rights)
    db.session.flush()


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def texts_of(kind: Kind, entry: Any) -> dict[str, str]:
    """Give an entry as the texts an import would read."""
    texts = {}
    for column in kind.columns:
        if column.name in kind.extra:
            texts[column.name] = _extra_text(kind, entry, column.name)
            continue
        value = getattr(entry, column.name)
        if column.name in {"park_id", "station_id"} and value is not None:
            value = db.session.scalar(sa.select((Park if column.name == "park_id" else Station).code).where((Park if column.name == "park_id" else Station).id == value))
        texts[column.name] = "yes" if value is True else "no" if value is False else ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return texts


def _extra_text(kind: Kind, entry: Any, name: str) -> str:
    if entry.id is None:
        return ""
    if name == "skills":
        rows = db.session.execute(sa.select(MemberSkill.category_code, MemberSkill.level).where(MemberSkill.member_id == entry.id).order_by(MemberSkill.category_code))
        return ", ".join(f"{row.category_code}:{row.level}" for row in rows)
    model: Any
    model, owner = (StationCoverage, StationCoverage.station_id) if kind.name == "stations" else (InstitutionScope, InstitutionScope.institution_id)
    if name == "parks":
        query = sa.select(Park.code).join(model, model.park_id == Park.id).where(owner == entry.id)
    else:
        query = sa.select(model.category_code if name == "categories" else model.service_code).where(owner == entry.id)
    return ", ".join(sorted(set(db.session.scalars(query))))

"""The kinds of the directory as tables of columns: one description serves page, check, import and
export.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from service_portal.directory import columns as read
from service_portal.directory.columns import (
    CALENDARS,
    CATEGORIES,
    ENTERPRISES,
    INSTITUTIONS,
    MEMBERS,
    PARKS,
    SERVICES,
    STATIONS,
    Column,
)
from service_portal.directory.models import (
    Absence,
    Enterprise,
    EnterpriseExclusion,
    EnterprisePreference,
    Institution,
    InterestConflict,
    Member,
    Park,
    Station,
)
from service_portal.directory.rules import may_become
from service_portal.directory.words import INSTITUTION_STATES

Values = Mapping[str, Any]
Problems = Iterator[tuple[str, str]]
FIRST_STATE = "applied"


def _nothing(_after: Values, _before: Values | None, _entry: Any) -> Problems:
    yield from ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of entry: its table, its columns, and what may be there only once; the first of these
    finds an entry again.

    `extra` columns live in tables of their own. `judge` looks at the whole row: what it will be,
    what it is, the entry itself. A kind that only links others has no name and may be removed.
    """

    name: str
    title: Any
    model: Any
    columns: tuple[Column, ...]
    uniques: tuple[tuple[str, ...], ...]
    extra: tuple[str, ...] = ()
    judge: Callable[[Values, Values | None, Any], Problems] = _nothing
    about: Any = ""

    @property
    def key(self) -> str:
        """Name the column an entry is listed by."""
        return self.uniques[0][0]

    @property
    def is_link(self) -> bool:
        """Say whether entries only link others, and so are found by several codes together."""
        return len(self.uniques[0]) > 1


def _station(after: Values, _before: Values | None, entry: Any) -> Problems:
    if entry is not None and entry.is_headquarters and not after["active"]:
        yield (
            "active",
            _(
                "This is the headquarters station: it takes what no other station covers,"
                " so it stays in use."
            ),
        )
    every = read.EVERY in after.get("parks", ())
    if every and len(after["parks"]) > 1:
        yield "parks", _("Write either * for every park, or the codes of parks.")
    if bool(after.get("parks")) != bool(after.get("categories")):
        yield (
            "categories" if after.get("parks") else "parks",
            _("Parks and categories belong together: write both, or neither."),
        )


def _institution(after: Values, before: Values | None, _entry: Any) -> Problems:
    was = before["status"] if before is not None else FIRST_STATE
    wanted = after.get("status", FIRST_STATE)
    if not may_become(was, wanted):
        yield (
            "status",
            _(
                "An institution can't go from “%(a)s” to “%(b)s”.",
                a=INSTITUTION_STATES[was],
                b=INSTITUTION_STATES[wanted],
            ),
        )
    first, last = after.get("licence_from"), after.get("licence_until")
    if first and last and last < first:
        yield "licence_until", _("The licence ends before it begins.")


def _absence(after: Values, _before: Values | None, _entry: Any) -> Problems:
    if after["to_at"] <= after["from_at"]:
        yield "to_at", _("The absence ends before it begins.")


_CODE = Column("code", _l("Code"), read.code, True)
_NAMES = (
    Column("name_zh", _l("Name in Chinese"), read.text(120), True),
    Column("name_en", _l("Name in English"), read.text(160), True),
)
_ACTIVE = Column("active", _l("In use"), read.yes, keeps=True)
_PHONE, _CONTACT, _CONTROLLER = (
    Column("phone", _l("Phone"), read.text(40)),
    Column("contact_name", _l("Contact"), read.text(80)),
    Column("controller", _l("Controller"), read.text(80)),
)
_CAPACITY = Column("capacity_points", _l("Capacity in points"), read.whole, keeps=True)
_COMMAS = _l("Codes, separated by commas")
_ENTERPRISE = Column("enterprise_id", _l("Enterprise (USCC)"), read.named, True, refers=ENTERPRISES)
_INSTITUTION = Column(
    "institution_id", _l("Institution (code)"), read.named, True, refers=INSTITUTIONS
)
_REASON = Column("reason", _l("Reason"), read.text(200))

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "parks",
            _l("Parks"),
            Park,
            (_CODE, *_NAMES, _ACTIVE),
            (("code",),),
            about=_l("Where enterprises sit; stations cover them"),
        ),
        Kind(
            "stations",
            _l("Stations"),
            Station,
            (
                _CODE,
                *_NAMES,
                Column("address", _l("Address"), read.text(200)),
                _PHONE,
                _ACTIVE,
                Column(
                    "position",
                    _l("Order"),
                    read.whole,
                    keeps=True,
                    help=_l("Where several stations cover the same, the lower number takes it"),
                ),
                Column(
                    "parks",
                    _l("Parks it covers"),
                    read.codes,
                    help=_l("Codes, separated by commas; * is every park"),
                    refers=PARKS,
                ),
                Column(
                    "categories",
                    _l("Categories it covers"),
                    read.codes,
                    help=_l("Codes, separated by commas; every park above × every category"),
                    refers=CATEGORIES,
                ),
            ),
            (("code",),),
            ("parks", "categories"),
            _station,
            _l("Own the tickets of their parks and categories"),
        ),
        Kind(
            "institutions",
            _l("Institutions"),
            Institution,
            (
                _CODE,
                *_NAMES,
                Column(
                    "status",
                    _l("State"),
                    read.state,
                    keeps=True,
                    help=_l("applied → reviewed → admitted → suspended → exited"),
                ),
                Column("kind_zh", _l("Kind in Chinese"), read.text(80)),
                Column("kind_en", _l("Kind in English"), read.text(80)),
                Column("uscc", _l("USCC"), read.social_credit_code),
                _CAPACITY,
                Column("licence_no", _l("Licence number"), read.text(60)),
                Column("licence_from", _l("Licence from"), read.day),
                Column("licence_until", _l("Licence until"), read.day),
                _CONTACT,
                _PHONE,
                Column("email", _l("E-mail"), read.address),
                _CONTROLLER,
                Column(
                    "services", _l("Services it accepts"), read.codes, help=_COMMAS, refers=SERVICES
                ),
                Column("parks", _l("Parks it accepts"), read.codes, help=_COMMAS, refers=PARKS),
            ),
            (("code",), ("uscc",)),
            ("services", "parks"),
            _institution,
            _l("Of the pool: what they accept, their licence and capacity"),
        ),
        Kind(
            "members",
            _l("Members"),
            Member,
            (
                _CODE,
                *_NAMES,
                Column(
                    "email",
                    _l("E-mail"),
                    read.address,
                    help=_l(
                        "Whoever signs in with this address and has a role in the station is this"
                        " member"
                    ),
                ),
                Column("station_id", _l("Station (code)"), read.named, True, refers=STATIONS),
                Column("is_lead", _l("Is a lead"), read.yes),
                _CAPACITY,
                Column("on_duty", _l("On duty"), read.yes, keeps=True),
                Column(
                    "calendar_id",
                    _l("Working calendar (code)"),
                    read.calendar,
                    help=_l("Its days off bring no new cases; empty: every day"),
                    refers=CALENDARS,
                ),
                _PHONE,
                Column(
                    "active",
                    _l("In use"),
                    read.yes,
                    keeps=True,
                    help=_l(
                        "No gives the open cases back to the queue, and the next round finds them"
                        " another owner"
                    ),
                ),
                Column(
                    "skills",
                    _l("Skills"),
                    read.levels,
                    help=_l("Category and level, such as FIN:3, IPR:2"),
                    refers=CATEGORIES,
                ),
            ),
            (("code",), ("email", "station_id")),
            ("skills",),
            about=_l("Own the cases: station, skills, capacity"),
        ),
        Kind(
            "enterprises",
            _l("Enterprises"),
            Enterprise,
            (
                Column("uscc", _l("USCC"), read.social_credit_code, True),
                *_NAMES,
                Column("park_id", _l("Park (code)"), read.named, True, refers=PARKS),
                Column("industry_zh", _l("Industry in Chinese"), read.text(80)),
                Column("industry_en", _l("Industry in English"), read.text(80)),
                Column("tags", _l("Tags"), read.words, help=_l("Words, separated by commas")),
                _CONTACT,
                _PHONE,
                _CONTROLLER,
                Column("headcount", _l("People employed"), read.count),
                Column("registered_on", _l("Registered on"), read.day),
                _ACTIVE,
            ),
            (("uscc",),),
            about=_l("May file: code, park, industry, tags"),
        ),
        Kind(
            "absences",
            _l("Absences"),
            Absence,
            (
                Column("member_id", _l("Member (code)"), read.named, True, refers=MEMBERS),
                Column(
                    "from_at",
                    _l("From"),
                    read.moment,
                    True,
                    help=_l("Day and time, such as 2026-12-31 09:00"),
                ),
                Column("to_at", _l("To"), read.moment, True),
                _REASON,
            ),
            (("member_id", "from_at"),),
            judge=_absence,
            about=_l("When a member gets no new cases"),
        ),
        Kind(
            "exclusions",
            _l("Excluded institutions"),
            EnterpriseExclusion,
            (_ENTERPRISE, _INSTITUTION),
            (("enterprise_id", "institution_id"),),
            about=_l("Institutions that an enterprise does not want"),
        ),
        Kind(
            "preferences",
            _l("Preferred institutions"),
            EnterprisePreference,
            (_ENTERPRISE, _INSTITUTION),
            (("enterprise_id", "institution_id"),),
            about=_l("Institutions that an enterprise likes to be asked first"),
        ),
        Kind(
            "conflicts",
            _l("Conflicts of interest"),
            InterestConflict,
            (
                _ENTERPRISE,
                _INSTITUTION,
                _REASON,
                Column("declared_at", _l("Declared on"), read.moment, keeps=True),
            ),
            (("enterprise_id", "institution_id"),),
            about=_l("Declared: this institution is not asked for that enterprise"),
        ),
    )
}

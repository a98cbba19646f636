"""How the texts of the directory's columns are read and written: one reader a kind of value, the
same for page and file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import ARRAY

from service_portal.directory.rules import clean_uscc
from service_portal.directory.words import INSTITUTION_STATES
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.web.reading import BREAK
from service_portal.web.translations import LOCALES

_DAY = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::\d{2}(?:\.0+)?)?)?"
)
_ADDRESS = re.compile(r"[^@\s<>\"',;]+@[^@\s<>\"',;]+\.[^@\s<>\"',;]+")
_YES = {
    "1": True,
    "yes": True,
    "true": True,
    "是": True,
    "0": False,
    "no": False,
    "false": False,
    "否": False,
    "": False,
}


class Wrong(ValueError):
    """A value that cannot be taken; its text is a sentence for the person."""


@dataclass(frozen=True)
class Reference:
    """Things that a column names by their code.

    `id` is the code itself where they have no other.
    """

    table: str
    code: str = "code"
    id: str = "id"

    @property
    def columns(self) -> sa.TableClause:
        """Give the table with its id, its code and, where it has any, its names."""
        return sa.table(
            self.table,
            *(
                sa.column(name)
                for name in dict.fromkeys((self.id, self.code, "name_zh", "name_en"))
            ),
        )


PARKS, STATIONS, MEMBERS, INSTITUTIONS = (
    Reference("park"),
    Reference("station"),
    Reference("member"),
    Reference("institution"),
)
ENTERPRISES = Reference("enterprise", code="uscc")
# These stand above the directory, which only asks whether a code exists.
CATEGORIES, SERVICES, CALENDARS = (
    Reference("category", id="code"),
    Reference("service", id="code"),
    Reference("calendar"),
)
EVERY = "*"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how it is called, whether it is needed, how its text is read (raising Wrong),
    what its codes refer to, and whether an empty cell keeps what is there instead of clearing it.
    """

    name: str
    label: Any
    read: Callable[[str], Any]
    needed: bool = False
    help: Any = ""
    refers: Reference | None = None
    keeps: bool = False


class Codes:
    """The ids behind codes, each kind of thing asked once for all the rows of a file."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[Reference, dict[str, Any]] = {}

    def learn(self, reference: Reference, codes: set[str]) -> None:
        """Read the ids of these codes in one statement; codes that do not exist stay unknown."""
        known = self._known.setdefault(reference, {})
        asked = sorted(codes - known.keys())
        if asked:
            table = reference.columns
            rows = db.session.execute(
                sa.select(table.c[reference.code], table.c[reference.id]).where(
                    table.c[reference.code] == sa.any_(sa.literal(asked, ARRAY(sa.Text)))
                )
            )
            known.update({row[0]: row[1] for row in rows})

    def of(self, reference: Reference) -> dict[str, Any]:
        """Give what is known of a kind of thing: ids by code."""
        return self._known.get(reference, {})


def codes_in(value: Any) -> set[str]:
    """Give the codes a value names: one, a list of them, or the keys of levels."""
    return {value} if isinstance(value, str) and value else set(value or ())


def text(most: int) -> Callable[[str], str]:
    """Read a text of one line and at most so many characters."""

    def read(value: str) -> str:
        if BREAK.search(value):
            raise Wrong(_("Write this in one line."))
        if len(value) > most:
            raise Wrong(_("Keep this under %(max)d characters.", max=most))
        return value

    return read


def whole(value: str) -> int:
    """Read a whole number from 0 to 10000."""
    try:
        number = int(value)
    except ValueError as error:
        raise Wrong(_("Write a whole number.")) from error
    if not 0 <= number <= 10_000:
        raise Wrong(_("Write a number from 0 to 10000."))
    return number


def count(value: str) -> int | None:
    """Read how many there are, or nothing."""
    if not value:
        return None
    if not value.isdecimal() or int(value[:9]) > 9_999_999:
        raise Wrong(_("Write a whole number."))
    return int(value[:9])


def yes(value: str) -> bool:
    """Read yes or no, in either language; nothing is no."""
    if value.lower() not in _YES:
        raise Wrong(_("Write yes or no."))
    return _YES[value.lower()]


def day(value: str) -> date | None:
    """Read a day as people and spreadsheets write it, or nothing."""
    found = moment(value)
    return found.astimezone(zone_time()).date() if found else None


def moment(value: str) -> datetime | None:
    """Read a day with an hour, in the zone's time; without an hour its day begins."""
    if not value:
        return None
    found = _DAY.fullmatch(value)
    try:
        if found is None:
            raise ValueError(value)
        year, month, day, hour, minute = (int(part or 0) for part in found.groups())
        local = datetime(year, month, day, hour, minute, tzinfo=zone_time())
        if not 1900 <= local.year <= 2200:
            raise ValueError(value)
    except ValueError as error:
        raise Wrong(_("Write a date, such as 2026-12-31.")) from error
    return local.astimezone(UTC)


def code(value: str) -> str:
    """Read a code in capitals."""
    if not 1 <= len(value) <= 20 or not value.replace("-", "").isalnum():
        raise Wrong(_("A code has letters and digits, at most twenty."))
    return value.upper()


def named(value: str) -> str:
    """Read the code of another thing as it is looked up."""
    return value.upper()


def calendar(value: str) -> str | None:
    """Read the code of a working calendar, or nothing."""
    return value.lower() or None


def social_credit_code(value: str) -> str | None:
    """Read a unified social credit code, or nothing."""
    if not value:
        return None
    clean = clean_uscc(value)
    if clean is None:
        raise Wrong(_("This is not a valid unified social credit code; check it for a slip."))
    return clean


def address(value: str) -> str:
    """Read an e-mail address in small letters, or nothing."""
    if value and (len(value) > 200 or not _ADDRESS.fullmatch(value)):
        raise Wrong(_("Give an e-mail address."))
    return value.lower()


def state(value: str) -> str:
    """Read an institution's state by its code or its word in one of the languages."""
    for name, said in INSTITUTION_STATES.items():
        if value.lower() in {name, *(said.within(spoken).lower() for spoken in LOCALES)}:
            return name
    raise Wrong(_("Write one of these: %(words)s.", words=", ".join(INSTITUTION_STATES)))


def words(value: str) -> list[str]:
    """Read up to twenty words of one's own, separated by commas."""
    return [part.strip() for part in value.replace("，", ",").split(",") if part.strip()][:20]


def codes(value: str) -> list[str]:
    """Read codes separated by commas, each once, in order."""
    return sorted(
        {
            part.strip().upper()
            for part in value.replace("，", ",").replace(";", ",").split(",")
            if part.strip()
        }
    )


def levels(value: str) -> dict[str, int]:
    """Read skills such as FIN:3, IPR:2."""
    found: dict[str, int] = {}
    for part in value.replace("，", ",").replace("：", ":").split(","):
        if part.strip():
            name, _colon, level = part.strip().partition(":")
            if level.strip() not in {"1", "2", "3"}:
                raise Wrong(_("Write skills like FIN:3, IPR:2 with levels from 1 to 3."))
            found[name.strip().upper()] = int(level)
    return dict(sorted(found.items()))


def written(value: Any) -> str:
    """Write a value as an import would read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(zone_time()):%Y-%m-%d %H:%M}"
    if isinstance(value, dict):
        return ", ".join(f"{name}:{level}" for name, level in value.items())
    return ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)

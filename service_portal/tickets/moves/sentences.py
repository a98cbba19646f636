"""How a line of the timeline is said; the words of each act stand in its declaration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from service_portal.web.formatting import day, localized
from service_portal.web.translations import Later
from service_portal.web.translations import gettext as _


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timeline for its reader.

    Without `counts`, nothing is said of how the zone counts its deliveries, which is no matter of
    the enterprise's; with `internal`, also what the staff write to each other.
    """

    role: str
    data: Mapping[str, Any]
    names: Mapping[tuple[str, int], Any]
    counts: bool = True
    internal: bool = False

    def name(self, kind: str) -> str:
        """Name the station, member or institution it is about."""
        known = self.names.get((kind, self.data.get(f"{kind}_id", 0)))
        return localized(known) if known is not None else ""

    def knows(self, name: str) -> bool:
        """Say whether the reader may open the other ticket it is about."""
        return ("ticket", self.data.get(name, 0)) in self.names

    def words(self, name: str, among: Mapping[str, Later]) -> str:
        """Name the code that was chosen; nothing when it is none of these."""
        chosen = among.get(self.data.get(name) or "")
        return str(chosen) if chosen else ""

    def text(self, name: str) -> str:
        """Give a text that was written with it."""
        return str(self.data.get(name) or "")

    def day(self, name: str) -> str:
        """Say a day that was chosen; nothing where none was."""
        chosen = self.text(name)
        return day(date.fromisoformat(chosen)) if chosen else ""

    def for_staff(self, name: str) -> str:
        """Give a text that the enterprise does not read, behind a dash."""
        return f" – {self.text(name)}" if self.internal and self.text(name) else ""


def with_more(said: str, *more: str) -> str:
    """Say something with what was added to it."""
    added = " – ".join(filter(None, more))
    return _("%(said)s: %(more)s", said=said, more=added) if added else said


def with_comment(said: str, comment: str) -> str:
    """Say something with the comment on it."""
    return f"{said} – {comment}" if comment else said

"""Entries of the security log in words: whom they are about, and what changed from what to what."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from service_portal.access.actor import Actor, Role
from service_portal.accounts.words import ROLE_WORDS
from service_portal.audit.models import SecurityEntry
from service_portal.audit.rules import Kind
from service_portal.audit.words import FIELDS, KIND_WORDS, NAMES, PERSONAL, THINGS, WAYS
from service_portal.web.formatting import exact, localized
from service_portal.web.language import language

LONGEST = 2000
HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Line:
    """One field: its name, what it was and what it became. `None` is nothing."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """An entry as one reader reads it."""

    at: datetime
    kind: str
    who: str
    person_id: int | None
    role: str
    thing: str
    name: str
    table: str
    id: str
    act: str
    lines: list[Line]
    address: str
    agent: str


def say(entry: SecurityEntry, names: dict[tuple[str, str], Any], *, reader: Actor) -> Said:
    """Say an entry in the reader's language.

    Auditors read what changed, but not how people are reached.
    """
    sayer = _Sayer(names, hides=reader.role is Role.AUDITOR)
    details, table = entry.details, entry.object_table or ""
    role = entry.role if entry.role in set(Role) else ""
    return Said(
        at=entry.at,
        kind=str(KIND_WORDS[Kind(entry.kind)]),
        who=_who(entry, names),
        person_id=entry.person_id,
        role=str(ROLE_WORDS[Role(role)]) if role else "",
        thing=str(THINGS[table]) if table in THINGS else "",
        name=sayer.name_of(entry),
        table=table,
        id=entry.object_id or "",
        act=_act(details),
        lines=sayer.lines(details),
        address=entry.address,
        agent=entry.agent,
    )


def _who(entry: SecurityEntry, names: dict[tuple[str, str], Any]) -> str:
    """Name who acted, in the reader's language; the name of then where the person is not known any
    more.
    """
    known = localized(names.get(("person", str(entry.person_id)))) or entry.person_name
    return known or (_("somebody not signed in") if not entry.role else "")


def _act(details: dict[str, Any]) -> str:
    of = str(THINGS[details["of"]]) if details.get("of") in THINGS else ""
    word = {"added": _("added"), "removed": _("removed"), "changed": _("changed")}
    said = word.get(details.get("act", ""), "")
    return _("%(thing)s: %(act)s", thing=of, act=said) if of and said else said


@dataclass(frozen=True, slots=True)
class _Sayer:
    names: dict[tuple[str, str], Any]
    hides: bool

    def name_of(self, entry: SecurityEntry) -> str:
        """Name what an entry is about: by the name it has now, and the code it had then."""
        known = self.names.get((entry.object_table or "", entry.object_id or ""))
        typed = entry.object_name
        if self.hides and entry.object_table in {"person", "invitation"}:
            typed = ""
        return " · ".join(part for part in (localized(known) if known else "", typed) if part)

    def lines(self, details: dict[str, Any]) -> list[Line]:
        """Give what changed, and for what is no change what was asked for."""
        found = []
        for name, (before, after) in sorted((details.get("fields") or {}).items()):
            label = str(FIELDS[name]) if name in FIELDS else name
            found.append(Line(label, self.value(name, before), self.value(name, after)))
        for link in details.get("links") or ():
            words = [self.value(name, value) or _("every one") for name, value in link.items()]
            gone = details.get("act") == "removed"
            text = " × ".join(words)
            found.append(Line("", text if gone else None, None if gone else text))
        return found + self._asked(details)

    def _asked(self, details: dict[str, Any]) -> list[Line]:
        said: list[tuple[str, Any]] = []
        if details.get("route"):
            said.append((_("Address"), f"{details.get('method', '')} {details['route']}"))
        said += list((details.get("named") or {}).items())
        said += list((details.get("wanted") or {}).items())
        if details.get("by"):
            way = WAYS.get(details["by"])
            said.append((_("Way"), str(way) if way else details["by"]))
        if details.get("address"):
            typed = HIDDEN if self.hides else details["address"]
            said.append((_("Address typed"), typed))
        if details.get("second_factor"):
            said.append((_("Second factor"), _("yes")))
        if details.get("method") and not details.get("route"):
            said.append((_("Way"), details["method"]))
        if details.get("times"):
            said.append((_("Times within ten minutes"), details["times"]))
        return [Line(str(label), None, str(value)[:LONGEST]) for label, value in said]

    def value(self, name: str, value: Any) -> str | None:
        """Say a value: names instead of ids, yes and no, hours, lists with commas."""
        if value is None or value == "":
            return None
        if self.hides and name in PERSONAL:
            return HIDDEN
        if name in NAMES and (known := self.names.get((NAMES[name], str(value)))):
            return localized(known)
        if name == "role" and value in set(Role):
            return str(ROLE_WORDS[Role(value)])
        return _plain(name, value)[:LONGEST]


def _plain(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, str):
        return _moment(value) if name.endswith("_at") else value
    if name == "weekly" and isinstance(value, dict):
        days = sorted(value.items())
        return "; ".join(f"{int(day) + 1}: {_hours(hours)}" for day, hours in days if hours)
    if name == "intervals":
        return _hours(value)
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return ", ".join(map(str, value))
    if isinstance(value, dict) and set(value) == {"en", "zh"}:
        chosen = value[language()]
        return ", ".join(chosen) if isinstance(chosen, list) else str(chosen)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_plain(key, inner)}" for key, inner in value.items())
    return json.dumps(value, ensure_ascii=False)


def _hours(intervals: Any) -> str:
    clock = "{:02}:{:02}".format
    return ", ".join(f"{clock(*divmod(a, 60))}–{clock(*divmod(b, 60))}" for a, b in intervals)


def _moment(text: str) -> str:
    try:
        return exact(datetime.fromisoformat(text))[:16]
    except ValueError:
        return text

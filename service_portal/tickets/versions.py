"""What a request said at each of its sendings: a later one never rewrites what was said before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service_portal.catalogue.queries import definition as definition_of
from service_portal.catalogue.rules import ServiceDefinition
from service_portal.catalogue.words import describe_answers
from service_portal.tickets.asked import NAMES, asked_in
from service_portal.tickets.models import Ticket
from service_portal.tickets.rules import Move
from service_portal.web.translations import gettext as _

KEPT = (*NAMES, "answers")
# The version of the service that a change of the service replaced.
FROM_VERSION = "from_version_id"
SENDINGS = ("file", Move.RESUBMIT, Move.CHANGE_SERVICE)


@dataclass(frozen=True, slots=True)
class Change:
    """A part of a request that reads otherwise since a sending;
    `before` is empty when it is new.
    """

    label: str
    text: str
    before: str


@dataclass(frozen=True, slots=True)
class Version:
    """What one sending of a request said."""

    description: str
    changes: Sequence[Change]


def snapshot(ticket: Ticket) -> dict[str, Any]:
    """Give the words of a request as they stand, to be kept when they are sent anew."""
    return {name: getattr(ticket, name) for name in KEPT}


def versions_of(
    lines: Sequence[Any], ticket: Ticket, definition: ServiceDefinition
) -> dict[int, Version]:
    """Give what each sending among some timeline lines said, by the line's id.

    A resubmission or a change of the service keeps what it replaced; the last one said what the
    ticket says now.
    """
    made: dict[int, Version] = {}
    said: Mapping[str, Any] = snapshot(ticket)
    for line in reversed([line for line in lines if line.kind in SENDINGS]):
        was, after = line.data.get("was"), definition
        if FROM_VERSION in line.data:
            definition = definition_of(line.data[FROM_VERSION])
        changes = _changes(_parts(was, definition), _parts(said, after)) if was else ()
        made[line.id] = Version(said["description"], changes)
        said = was or said
    return made


def said_anew(version: Version | None) -> str:
    """Say what is new in a sending, one change a line."""
    changes = version.changes if version is not None else ()
    return "".join(f"\n{one.label}: {one.text}" for one in changes)


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    labels = dict.fromkeys([*after, *before])
    pairs = [(label, after.get(label, ""), before.get(label, "")) for label in labels]
    return [Change(label, new or "—", old) for label, new, old in pairs if new != old]


def _parts(said: Mapping[str, Any], definition: ServiceDefinition) -> dict[str, str]:
    """Give what a request said by the names of its parts, in the order of its form."""
    return {
        **_asked(said, "first"),
        **dict(describe_answers(definition, said["answers"])),
        **_asked(said, "contact"),
        **_asked(said, "last"),
    }


def _asked(said: Mapping[str, Any], group: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for one in asked_in(group):
        part = str(one.part)
        parts[part] = f"{parts.get(part, '')} {_read(said[one.name])}".strip()
    return parts


def _read(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)

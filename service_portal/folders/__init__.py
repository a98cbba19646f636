"""What a folder brings to the portal: one static declaration a folder, in its `folder.py`.

`app.py` lists the declarations in the order of the journey; pages that show something of every
folder, such as the menu and the status page, gather it here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType
from typing import Any

from flask import Blueprint, Flask, current_app, url_for
from flask_babel import LazyString
from werkzeug.datastructures import MultiDict

from service_portal.access.actor import Role
from service_portal.access.permissions import Permission
from service_portal.folders.health import Health, Mails

_KEPT = "portal_folders"
_ID = re.compile(r"[0-9]{1,18}")
MOST_CHOSEN = 20


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One entry of the menu; entries stand in the order of their places."""

    place: int
    endpoint: str
    label: LazyString
    icon: str
    permission: Permission
    keys: str = ""

    @property
    def folder(self) -> str:
        """Give the folder whose page it opens."""
        return self.endpoint.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Folder:
    """What a folder brings."""

    name: str
    # The module that declares its tables.
    tables: ModuleType | None = None
    # Those of them that people administer: the database notes every change.
    noted: tuple[str, ...] = ()
    pages: tuple[Blueprint, ...] = ()
    menu: tuple[MenuEntry, ...] = ()
    # The page on which the day of a role begins.
    homes: Mapping[Role, str] = field(default_factory=dict)
    # The page that shows what an id in an address names; an act on it is refused there.
    shows: Mapping[str, str] = field(default_factory=dict)
    # Says of a ticket as somebody sees it, and of a file that is not of the ticket's own
    # conversation or not theirs to read there, whether they may open it all the same.
    opens: tuple[Callable[..., bool], ...] = ()
    # Pages where staff handle what a request's answer speaks of: the answer's key, the endpoint,
    # which is asked with the ticket, and what its link is called.
    handles: Mapping[str, tuple[str, LazyString]] = field(default_factory=dict)
    # What may be chosen beside the form of a request: how its ids are named there, and the endpoint
    # that goes on with them once the request is filed, asked with its ticket.
    beside_form: Mapping[str, str] = field(default_factory=dict)
    # Gives the names of things of a kind, of which what lies below knows the codes alone.
    names: Mapping[str, Callable[..., Mapping[Any, Any]]] = field(default_factory=dict)
    # Services that join the transaction of an event, see `events.subscriptions.IN_TRANSACTION`.
    joins: tuple[Callable[..., None], ...] = ()
    health: tuple[Health, ...] = ()
    mails: tuple[Mails, ...] = ()
    # What it installs on the application besides pages.
    init: Callable[[Flask], Any] | None = None
    # Makes what every new zone begins with, and nothing that is there already.
    seed: Callable[[datetime], Any] | None = None
    # Makes what a zone that exists lacks of it after an upgrade, because nobody there could.
    complete: Callable[[datetime], Any] | None = None


def bring(app: Flask, folders: tuple[Folder, ...]) -> None:
    """Let the application know its folders, in the order of the journey."""
    app.extensions[_KEPT] = folders


def brought() -> tuple[Folder, ...]:
    """List the folders of the present application."""
    folders: tuple[Folder, ...] = current_app.extensions[_KEPT]
    return folders


def seed(*, now: datetime) -> None:
    """Make what is missing of what every new zone begins with, from the ground up."""
    for folder in reversed(brought()):
        if folder.seed is not None:
            folder.seed(now)


def complete(*, now: datetime) -> None:
    """Make what a zone that exists lacks after an upgrade, from the ground up."""
    for folder in reversed(brought()):
        if folder.complete is not None:
            folder.complete(now)


def page_about(about: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Give the page that shows what the ids in an address name, and what it is asked for with."""
    for folder in brought():
        for name, page in folder.shows.items():
            if name in about:
                return page, {name: about[name]}
    return None


def pages_handling(answers: Mapping[str, Any]) -> list[tuple[str, LazyString]]:
    """List the pages where what a request's answers speak of is handled, with their names."""
    return [
        page for folder in brought() for name, page in folder.handles.items() if answers.get(name)
    ]


def address_about(about: Mapping[str, Any]) -> str:
    """Give the address of the page that shows what an id names. Raises LookupError without one."""
    shown = page_about(about)
    if shown is None:
        raise LookupError(f"no page shows {about}")
    return url_for(shown[0], **shown[1])


def named(kind: str, keys: Iterable[Any] | None, **of: Any) -> dict[Any, Any]:
    """Give what has the names of some things of a kind, by their codes, from whoever knows them."""
    found: dict[Any, Any] = {}
    for folder in brought():
        if kind in folder.names:
            found |= folder.names[kind](keys, **of)
    return found


def chosen_beside(values: MultiDict[str, str]) -> dict[str, list[int]]:
    """Give the ids that an address, a form or a draft says were chosen beside a request's form."""
    found = {
        name: [int(one) for one in values.getlist(name)[:MOST_CHOSEN] if _ID.fullmatch(one)]
        for folder in brought()
        for name in folder.beside_form
    }
    return {name: ids for name, ids in found.items() if ids}


def page_going_on(chosen: Mapping[str, list[int]], ticket_id: int) -> str | None:
    """Give the address that goes on with what was chosen beside the form of a filed request."""
    for folder in brought():
        for name, endpoint in folder.beside_form.items():
            if name in chosen:
                ids: dict[str, Any] = {name: chosen[name]}
                return url_for(endpoint, ticket_id=ticket_id, **ids)
    return None

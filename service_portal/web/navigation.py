"""The menu of each role: only what the actor may open, and where each role lands after signing in.

Both come from the folders' declarations.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from flask import Flask, current_app, request

from service_portal.access.actor import Actor, Role
from service_portal.access.policy import may
from service_portal.folders import Folder, MenuEntry

_KEPT = "portal_menu"


@dataclass(frozen=True, slots=True)
class _Menu:
    entries: tuple[MenuEntry, ...]
    homes: dict[Role, str]
    # The only entry of a folder, by the folder's name.
    alone: dict[str, str]
    of_roles: dict[Role, tuple[MenuEntry, ...]] = field(default_factory=dict)


def init_navigation(app: Flask, folders: tuple[Folder, ...]) -> None:
    """Gather the entries and the home pages that the folders declare."""
    entries = sorted(
        (entry for folder in folders for entry in folder.menu), key=lambda entry: entry.place
    )
    count = Counter(entry.folder for entry in entries)
    # A page of theirs that is no entry itself belongs to the only entry of its folder; those about
    # oneself belong to none.
    alone = {
        entry.folder: entry.endpoint
        for entry in entries
        if entry.folder != "accounts" and count[entry.folder] == 1
    }
    homes = {role: page for folder in folders for role, page in folder.homes.items()}
    app.extensions[_KEPT] = _Menu(tuple(entries), homes, alone)


def _menu() -> _Menu:
    menu: _Menu = current_app.extensions[_KEPT]
    return menu


def menu_of(role: Role) -> tuple[MenuEntry, ...]:
    """List the entries somebody in a role may open, in order."""
    menu = _menu()
    if role not in menu.of_roles:
        actor = Actor(role=role)
        menu.of_roles[role] = tuple(entry for entry in menu.entries if may(actor, entry.permission))
    return menu.of_roles[role]


def present_entry() -> str:
    """Give the endpoint of the entry that the present page belongs to, or nothing."""
    endpoint, menu = request.endpoint or "", _menu()
    return (
        endpoint
        if any(entry.endpoint == endpoint for entry in menu.entries)
        else menu.alone.get(request.blueprint or "", "")
    )


def home_endpoint(actor: Actor) -> str:
    """Say on which page the actor's day begins."""
    return _menu().homes[actor.role]

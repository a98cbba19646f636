"""The menu of each role as data: only what the actor may open.

Also where each role lands after signing in.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from flask import request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from service_portal.access.actor import ENTERPRISE_ROLES, INSTITUTION_ROLES, Actor, Role
from service_portal.access.permissions import Permission as P
from service_portal.access.policy import may


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the menu."""

    endpoint: str
    label: LazyString
    icon: str
    permission: P
    keys: str = ""

    @property
    def folder(self) -> str:
        """Give the folder whose page it opens."""
        return self.endpoint.partition(".")[0]


MENU: tuple[Item, ...] = (
    Item("filing.home", _l("My tickets"), "home", P.TICKET_FILE, "g h"),
    Item("catalogue.browse", _l("Services"), "layout-grid", P.TICKET_FILE, "g s"),
    Item("working.queue", _l("Queue"), "inbox", P.TICKET_QUEUE, "g q"),
    Item("working.my_cases", _l("My cases"), "briefcase", P.TICKET_QUEUE, "g t"),
    Item(
        "filing.on_behalf",
        _l("File for an enterprise"),
        "file-plus",
        P.TICKET_FILE_ON_BEHALF,
        "g f",
    ),
    Item("assigning.board", _l("Board"), "layout-kanban", P.TICKET_BOARD, "g b"),
    Item("assigning.desk", _l("Offers and cases"), "building-community", P.OFFER_LIST, "g o"),
    Item("reviewing.counts", _l("Counts"), "chart-bar", P.COUNTS_READ, "g c"),
    Item("tickets.all_tickets", _l("Tickets"), "list-search", P.COUNTS_READ, "g a"),
    Item("routing.rules", _l("Routing rules"), "route", P.ROUTING_EDIT),
    Item("directory.index", _l("Directory"), "address-book", P.DIRECTORY_EDIT),
    Item("catalogue.admin_services", _l("Catalogue"), "books", P.CATALOGUE_EDIT),
    Item("sla.calendars", _l("Calendars"), "calendar", P.CALENDAR_EDIT),
    Item("accounts.people", _l("People"), "users", P.PEOPLE_MANAGE),
    Item("audit.entries", _l("Log"), "lock", P.AUDIT_READ),
    Item("status.show_status", _l("Status"), "activity", P.STATUS_READ),
)


# A page of theirs that is no entry itself belongs to the only entry of its folder; those about
# oneself belong to none.
_ALONE = {
    item.folder: item.endpoint
    for item in MENU
    if item.folder != "accounts" and [other.folder for other in MENU].count(item.folder) == 1
}


@lru_cache
def menu_of(role: Role) -> tuple[Item, ...]:
    """List the entries somebody in a role may open, in order."""
    return tuple(item for item in MENU if may(Actor(role=role), item.permission))


def present_entry() -> str:
    """Give the endpoint of the entry that the present page belongs to, or nothing."""
    endpoint = request.endpoint or ""
    return (
        endpoint
        if any(item.endpoint == endpoint for item in MENU)
        else _ALONE.get(request.blueprint or "", "")
    )


def home_endpoint(actor: Actor) -> str:
    """Say on which page the actor's day begins."""
    if actor.role in ENTERPRISE_ROLES:
        return "filing.home"
    if actor.role in INSTITUTION_ROLES:
        return "assigning.desk"
    if actor.role in {Role.MANAGER, Role.AUDITOR}:
        return "reviewing.counts"
    if actor.role is Role.ADMINISTRATOR:
        return "directory.index"
    return "working.queue"

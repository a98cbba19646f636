"""The menu of each role as data: only what the actor may open. Also where each role lands after signing in."""

from __future__ import annotations

from dataclasses import dataclass

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
    def active(self) -> bool:
        """Say whether the present page belongs to this entry."""
        return request.endpoint == self.endpoint or (
            request.blueprint is not None and request.blueprint == self.endpoint.split(".")[0] and self._only_one()
        )

    def _only_one(self) -> bool:
        return sum(item.endpoint.split(".")[0] == self.endpoint.split(".")[0] for item in MENU) == 1


MENU: tuple[Item, ...] = (
    Item("filing.home", _l("My tickets"), "home", P.TICKET_FILE, "g h"),
    Item("catalogue.browse", _l("Services"), "layout-grid", P.TICKET_FILE, "g s"),
    Item("working.queue", _l("Queue"), "inbox", P.TICKET_QUEUE, "g q"),
    Item("working.my_cases", _l("My cases"), "briefcase", P.TICKET_QUEUE, "g t"),
    Item("filing.on_behalf", _l("File for an enterprise"), "file-plus", P.TICKET_FILE_ON_BEHALF, "g f"),
    Item("assigning.board", _l("Board"), "layout-kanban", P.TICKET_BOARD, "g b"),
    Item("assigning.desk", _l("Offers and cases"), "building-community", P.OFFER_LIST, "g o"),
    Item("reviewing.counts", _l("Counts"), "chart-bar", P.COUNTS_READ, "g c"),
    Item("tickets.all_tickets", _l("Tickets"), "list-search", P.COUNTS_READ, "g a"),
    Item("routing.rules", _l("Routing rules"), "route", P.ROUTING_EDIT),
    Item("directory.index", _l("Directory"), "address-book", P.DIRECTORY_EDIT),
    Item("catalogue.admin_services", _l("Catalogue"), "books", P.CATALOGUE_EDIT),
    Item("sla.calendars", _l("Calendars"), "calendar", P.CALENDAR_EDIT),
    Item("accounts.people", _l("People"), "users", P.PEOPLE_MANAGE),
    Item("status.show_status", _l("Status"), "activity", P.STATUS_READ),
)


def menu_for(actor: Actor | None) -> list[Item]:
    """List the entries the actor may open, in order."""
    return [item for item in MENU if actor is not None and may(actor, item.permission)]


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

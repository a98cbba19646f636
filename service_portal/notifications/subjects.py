"""What messages are about, as one table: who may be told of it, and which page shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import (
    ENTERPRISE_ROLES,
    INSTITUTION_ROLES,
    PEOPLE_ROLES,
    Actor,
)
from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.events.catalog import SubjectKind
from service_portal.kernel.db import constants
from service_portal.notifications.models import Notification
from service_portal.notifications.rules import DECIDERS
from service_portal.tickets.models import Offer, Ticket
from service_portal.tickets.visibility import visible_in


@dataclass(frozen=True, slots=True)
class About:
    """One kind of subject.

    `is_visible` gives the condition that one of some roles, rows of `roles_of`, may see the subject
    of a message; a ticket is joined to its message. `page` is the endpoint that shows it, with the
    ids its address has, by the subject's id and the message's facts.
    """

    is_visible: Callable[[sa.CTE], sa.ColumnElement[bool]]
    page: Callable[[int, Mapping[str, Any]], tuple[str, dict[str, Any]]]


def _is_own_account(roles: sa.CTE) -> sa.ColumnElement[bool]:
    """Give the condition that a message is about the account of who holds the roles."""
    holders = sorted(r for r in PEOPLE_ROLES if may(Actor(role=r), Permission.ACCOUNT_OWN))
    return sa.exists(
        sa.select(sa.literal_column("1"))
        .select_from(roles)
        .where(roles.c.role.in_(constants(holders)), roles.c.person_id == SUBJECT_ID)
        .correlate_except(roles)
    )


DECIDING = sorted(r for r in PEOPLE_ROLES if may(Actor(role=r), Permission.FACT_DECIDE))


def _is_own_enterprise(roles: sa.CTE) -> sa.ColumnElement[bool]:
    """Give the condition that a message is about the enterprise that one of the roles acts for, or
    is to somebody who decides on figures and still does.
    """
    holders = sorted(r for r in ENTERPRISE_ROLES if may(Actor(role=r), Permission.FACT_READ))
    own = sa.and_(roles.c.role.in_(constants(holders)), roles.c.enterprise_id == SUBJECT_ID)
    decides = sa.and_(
        roles.c.role.in_(constants(DECIDING)),
        Notification.data["party"].astext == sa.literal(DECIDERS),
    )
    return sa.exists(
        sa.select(sa.literal_column("1"))
        .select_from(roles)
        .where(sa.or_(own, decides))
        .correlate_except(roles)
    )


def _page_of_enterprise(enterprise_id: int, data: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    if data.get("party") == DECIDERS:
        return "facts.conflicts", {}
    ids = {"enterprise_id": enterprise_id, "year": data["year"], "fact_code": data["code"]}
    return "facts.figure", ids


def _is_own_offer(roles: sa.CTE) -> sa.ColumnElement[bool]:
    """Give the condition that a message is about an offer to the institution that one of the roles
    acts for, whatever became of it.
    """
    holders = sorted(r for r in INSTITUTION_ROLES if may(Actor(role=r), Permission.OFFER_LIST))
    return sa.exists(
        sa.select(sa.literal_column("1"))
        .select_from(roles)
        .join(Offer, Offer.institution_id == roles.c.institution_id)
        .where(roles.c.role.in_(constants(holders)), Offer.id == SUBJECT_ID)
        .correlate_except(roles, Offer)
    )


SUBJECTS: dict[SubjectKind, About] = {
    SubjectKind.TICKET: About(
        is_visible=visible_in,
        page=lambda ticket_id, _data: ("tickets.show_ticket", {"ticket_id": ticket_id}),
    ),
    SubjectKind.PERSON: About(
        is_visible=_is_own_account,
        page=lambda _person_id, _data: ("accounts.settings", {}),
    ),
    SubjectKind.ENTERPRISE: About(
        is_visible=_is_own_enterprise,
        page=_page_of_enterprise,
    ),
    SubjectKind.OFFER: About(
        is_visible=_is_own_offer,
        page=lambda offer_id, _data: ("assigning.show_offer", {"offer_id": offer_id}),
    ),
}

# A message that names no subject is about its ticket; without one, as the release before subjects
# wrote it, about its reader's account.
SUBJECT_KIND = sa.case(
    (Notification.subject_kind.is_not(None), Notification.subject_kind),
    (Notification.ticket_id.is_not(None), sa.literal_column("'ticket'", sa.Text)),
    else_=sa.literal_column("'person'", sa.Text),
)
SUBJECT_ID = sa.func.coalesce(
    Notification.subject_id, Notification.ticket_id, Notification.person_id
)
# Whoever is told of an offer that is theirs no more knows the ticket by its reference alone.
TITLE = sa.case((SUBJECT_KIND == "ticket", Ticket.title), else_="").label("title")


def may_know(roles: sa.CTE) -> sa.ColumnElement[bool]:
    """Give the condition on `Notification`, joined to its ticket, that one of the roles may be told
    what it is about.
    """
    return sa.or_(
        *(
            sa.and_(
                sa.literal_column(f"'{kind}'", sa.Text) == SUBJECT_KIND, about.is_visible(roles)
            )
            for kind, about in SUBJECTS.items()
        )
    )


def page_of(row: Any) -> tuple[str, dict[str, Any]]:
    """Give the endpoint of the page that shows what a message is about, and the ids it takes."""
    return SUBJECTS[SubjectKind(row.subject_kind)].page(row.subject_id, row.data)

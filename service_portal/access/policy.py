"""THE permissions: one table `(permission, role) -> scope`, and what each scope means. Pure.

Views, API, exports, tasks and templates all ask here. Whatever is not in the table is refused.
A scope says *which* objects: everything of the zone, those of my station, those I own, those shared
with my institution, those of my enterprise, or those I filed myself (reliability.md section 5.6).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from service_portal.access.actor import (
    ENTERPRISE_ROLES,
    INSTITUTION_ROLES,
    PEOPLE_ROLES,
    STATION_ROLES,
    Actor,
    Role,
)
from service_portal.access.permissions import Permission as P


class Scope(StrEnum):
    """How far a permission reaches."""

    NONE = "none"
    OWN = "own"
    FILED = "filed"
    ENTERPRISE = "enterprise"
    SHARE = "share"
    STATION = "station"
    ZONE = "zone"


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """What the policy needs to know of a ticket.

    `institution_ids` are those with a live share (offered or accepted); `on_behalf` says that
    `filed_by_id` wrote it down at a station's desk for the enterprise. `former_station_ids` and
    `former_owner_ids` are the stations and members that had it before.
    """

    enterprise_id: int
    filed_by_id: int | None
    station_id: int | None
    owner_id: int | None
    institution_ids: frozenset[int] = frozenset()
    working_institution_id: int | None = None
    on_behalf: bool = False
    former_station_ids: frozenset[int] = frozenset()
    former_owner_ids: frozenset[int] = frozenset()


EO, ES = Role.ENTERPRISE_OWNER, Role.ENTERPRISE_STAFF
SM, SL = Role.STATION_MEMBER, Role.STATION_LEAD
IL, IW = Role.INSTITUTION_LEAD, Role.INSTITUTION_WORKER
MA, AU, AD, SY = Role.MANAGER, Role.AUDITOR, Role.ADMINISTRATOR, Role.SYSTEM

_FILERS = {EO: Scope.ENTERPRISE, ES: Scope.FILED}
_OWN_FIRM = {EO: Scope.ENTERPRISE, ES: Scope.ENTERPRISE}
_STATION = {SM: Scope.STATION, SL: Scope.STATION}
_SHARE = {IL: Scope.SHARE, IW: Scope.SHARE}
_EVERYONE = dict.fromkeys(PEOPLE_ROLES, Scope.ZONE)

POLICY: dict[P, dict[Role, Scope]] = {
    P.ACCOUNT_OWN: _EVERYONE,
    P.CATALOGUE_READ: _EVERYONE,
    P.NOTIFICATION_OWN: _EVERYONE,
    P.AUDIT_READ: {AD: Scope.ZONE, AU: Scope.ZONE},
    P.CALENDAR_EDIT: {AD: Scope.ZONE},
    P.CATALOGUE_EDIT: {AD: Scope.ZONE},
    P.DIRECTORY_EDIT: {AD: Scope.ZONE},
    P.ROUTING_EDIT: {AD: Scope.ZONE, MA: Scope.ZONE},
    P.PEOPLE_MANAGE: {AD: Scope.ZONE},
    P.PEOPLE_INVITE: {AD: Scope.ZONE, EO: Scope.ENTERPRISE, IL: Scope.SHARE, SL: Scope.STATION},
    P.STATUS_READ: {AD: Scope.ZONE, MA: Scope.ZONE},
    P.MAIL_RELEASE: {AD: Scope.ZONE},
    P.MAILBOX_READ: {AD: Scope.ZONE},
    P.COUNTS_READ: {MA: Scope.ZONE, AU: Scope.ZONE, SL: Scope.STATION, IL: Scope.SHARE},
    P.COUNTS_EXPORT: {MA: Scope.ZONE, AU: Scope.ZONE, SL: Scope.STATION, IL: Scope.SHARE},
    P.LEDGER_READ: {MA: Scope.ZONE, AU: Scope.ZONE, SL: Scope.STATION, IL: Scope.SHARE},
    P.LEDGER_VERIFY: {MA: Scope.ZONE, AU: Scope.ZONE, SY: Scope.ZONE},
    P.LEDGER_REVERSE: {MA: Scope.ZONE},
    P.FACT_READ: {**_OWN_FIRM, MA: Scope.ZONE, AU: Scope.ZONE, AD: Scope.ZONE},
    P.FACT_STATE: _OWN_FIRM,
    P.FACT_PROVE: {**_OWN_FIRM, AD: Scope.ZONE, MA: Scope.ZONE},
    P.FACT_DECIDE: {AD: Scope.ZONE, MA: Scope.ZONE},
    P.FACT_IMPORT: {AD: Scope.ZONE},
    P.SCORE_READ: {**_OWN_FIRM, MA: Scope.ZONE, AU: Scope.ZONE, AD: Scope.ZONE},
    P.SCORE_DISPUTE: _OWN_FIRM,
    P.SCORE_BOARDS: {MA: Scope.ZONE, AU: Scope.ZONE},
    P.SCHEME_EDIT: {AD: Scope.ZONE},
    P.INSTITUTION_CHOOSE: {EO: Scope.ENTERPRISE},
    P.LOAN_ACCEPT: {**_FILERS},
    P.LOAN_ANSWER: {**_SHARE},
    P.LOAN_ASK: {**_FILERS},
    P.LOAN_COMPARE: {**_FILERS, **_STATION, MA: Scope.ZONE, AU: Scope.ZONE},
    P.LOAN_DESK: {**_SHARE},
    P.LOAN_FOLLOW: {**_STATION},
    P.LOAN_TALK: {**_FILERS, **_STATION, **_SHARE},
    P.PRODUCT_EDIT: {AD: Scope.ZONE, IL: Scope.SHARE},
    P.MONEY_BOOK: {IL: Scope.SHARE, IW: Scope.SHARE, SY: Scope.ZONE},
    P.MONEY_CONFIRM: {MA: Scope.ZONE},
    P.MONEY_CORRECT: {MA: Scope.ZONE, IL: Scope.SHARE},
    P.MONEY_EXPORT: {MA: Scope.ZONE, AU: Scope.ZONE, IL: Scope.SHARE},
    P.MONEY_READ: {MA: Scope.ZONE, AU: Scope.ZONE, **_SHARE, EO: Scope.ENTERPRISE},
    P.OFFER_LIST: {IL: Scope.SHARE, IW: Scope.SHARE},
    P.OFFER_ANSWER: {IL: Scope.SHARE, SY: Scope.ZONE},
    P.OFFER_WITHDRAW: {SM: Scope.OWN, SL: Scope.STATION},
    P.CASE_TAKE_BACK: {**_STATION},
    P.CASE_GIVE_BACK: {IL: Scope.SHARE},
    P.TICKET_FILE: {EO: Scope.ENTERPRISE, ES: Scope.ENTERPRISE, SY: Scope.ZONE},
    P.TICKET_FILE_ON_BEHALF: {SM: Scope.ZONE, SL: Scope.ZONE, SY: Scope.ZONE},
    P.TICKET_LIST: {**_FILERS, **_STATION, **_SHARE, MA: Scope.ZONE, AU: Scope.ZONE},
    P.TICKET_VIEW: {
        **_FILERS,
        **_STATION,
        **_SHARE,
        MA: Scope.ZONE,
        AU: Scope.ZONE,
        SY: Scope.ZONE,
    },
    P.TICKET_QUEUE: {**_STATION},
    P.TICKET_BOARD: {SL: Scope.STATION, MA: Scope.ZONE},
    P.TICKET_CONVERSATION: {
        **_FILERS,
        **_STATION,
        **_SHARE,
        MA: Scope.ZONE,
        AU: Scope.ZONE,
        SY: Scope.ZONE,
    },
    P.TICKET_MESSAGE: {**_FILERS, **_STATION, **_SHARE, SY: Scope.ZONE},
    P.TICKET_NOTE: {**_STATION, MA: Scope.ZONE},
    P.TICKET_DECISIONS: {**_STATION, MA: Scope.ZONE, AU: Scope.ZONE},
    P.TICKET_LINK: {**_STATION},
    P.TICKET_ROUTE: {SL: Scope.STATION, SY: Scope.ZONE},
    P.TICKET_ASSIGN: {SM: Scope.OWN, SL: Scope.STATION, SY: Scope.ZONE},
    P.TICKET_HAND_OVER: {**_STATION, SY: Scope.ZONE},
    P.TICKET_ACCEPT: {**_STATION, SY: Scope.ZONE},
    P.TICKET_WORK: {**_STATION, **_SHARE, SY: Scope.ZONE},
    P.TICKET_DELIVER: {**_STATION, **_SHARE, SY: Scope.ZONE},
    P.TICKET_ANSWER: {**_STATION, **_SHARE, SY: Scope.ZONE},
    P.TICKET_CONFIRM: {**_FILERS, SY: Scope.ZONE},
    P.TICKET_RATE: {**_FILERS},
    P.TICKET_REOPEN: {**_FILERS, SL: Scope.STATION, MA: Scope.ZONE},
    P.TICKET_CALL_BACK: {SL: Scope.STATION, MA: Scope.ZONE},
    P.TICKET_EXTEND: {SM: Scope.OWN, SL: Scope.OWN, **_SHARE},
    P.TICKET_DECIDE_EXTENSION: {SL: Scope.STATION, MA: Scope.ZONE},
    P.TICKET_RESUBMIT: {**_FILERS},
    P.TICKET_URGE: {**_FILERS},
    P.TICKET_WITHDRAW: {**_FILERS, SY: Scope.ZONE},
}

# What an institution may see of a ticket that is merely offered is what its offer's page shows:
# service, enterprise, title, description and answers. Conversation, history, files and contact,
# and doing the work, need an accepted offer.
NEEDS_ACCEPTED_SHARE = frozenset(
    {
        P.TICKET_CONVERSATION,
        P.TICKET_MESSAGE,
        P.TICKET_WORK,
        P.TICKET_DELIVER,
        P.TICKET_ANSWER,
        P.TICKET_EXTEND,
        P.CASE_GIVE_BACK,
    }
)
# Whoever wrote a request down for an enterprise goes on reading it, whichever station has it.
KEPT_BY_FILER = frozenset({P.TICKET_LIST, P.TICKET_VIEW, P.TICKET_CONVERSATION})
# Whoever had it, as its owner or at a station, goes on reading all that staff read of it.
KEPT_BY_HOLDERS = frozenset({P.TICKET_VIEW, P.TICKET_CONVERSATION, P.TICKET_DECISIONS})


def scope_of(actor: Actor, permission: P) -> Scope:
    """Say how far `permission` reaches for this actor; a lead of the headquarters station reaches
    the whole zone.
    """
    scope = POLICY.get(permission, {}).get(actor.role, Scope.NONE)
    if scope is Scope.STATION and actor.headquarters and actor.role is Role.STATION_LEAD:
        return Scope.ZONE
    return scope


def may(actor: Actor, permission: P) -> bool:
    """Say whether the actor holds the permission for anything at all (menus, routes without an
    object).
    """
    return scope_of(actor, permission) is not Scope.NONE


def can(actor: Actor, permission: P, ticket: TicketFacts) -> bool:
    """Say whether the actor holds the permission for this ticket."""
    scope = scope_of(actor, permission)
    if scope is Scope.ZONE:
        return True
    if scope is Scope.ENTERPRISE:
        return actor.enterprise_id is not None and actor.enterprise_id == ticket.enterprise_id
    if scope is Scope.FILED:
        return (
            actor.enterprise_id is not None
            and actor.enterprise_id == ticket.enterprise_id
            and actor.person_id == ticket.filed_by_id
        )
    mine = actor.member_id is not None and actor.member_id == ticket.owner_id
    if scope is Scope.OWN:
        return mine
    if scope is Scope.STATION:
        here = actor.station_id is not None and actor.station_id == ticket.station_id
        kept = permission in KEPT_BY_FILER and _filed_for_another(actor, ticket)
        return mine or here or kept or (permission in KEPT_BY_HOLDERS and _had(actor, ticket))
    if scope is Scope.SHARE:
        if actor.institution_id is None or actor.institution_id not in ticket.institution_ids:
            return False
        return (
            permission not in NEEDS_ACCEPTED_SHARE
            or actor.institution_id == ticket.working_institution_id
        )
    return False


def reaches_enterprise(actor: Actor, permission: P, enterprise_id: int) -> bool:
    """Say whether the actor holds the permission for what belongs to an enterprise itself."""
    scope = scope_of(actor, permission)
    if scope is Scope.ENTERPRISE:
        return actor.enterprise_id is not None and actor.enterprise_id == enterprise_id
    return scope is Scope.ZONE


def _filed_for_another(actor: Actor, ticket: TicketFacts) -> bool:
    by_actor = actor.person_id is not None and actor.person_id == ticket.filed_by_id
    return ticket.on_behalf and by_actor


def _had(actor: Actor, ticket: TicketFacts) -> bool:
    return actor.station_id in ticket.former_station_ids or (
        actor.member_id in ticket.former_owner_ids
    )


def is_only_offered(actor: Actor, working_institution_id: int | None) -> bool:
    """Say whether a ticket that the actor may see is merely offered to their institution."""
    return actor.role in INSTITUTION_ROLES and working_institution_id != actor.institution_id


def is_same_organisation(
    actor: Actor, *, enterprise_id: int | None, station_id: int | None, institution_id: int | None
) -> bool:
    """Say whether an object that belongs to one organisation belongs to the actor's."""
    if actor.role in ENTERPRISE_ROLES:
        return enterprise_id is not None and enterprise_id == actor.enterprise_id
    if actor.role in STATION_ROLES:
        return station_id is not None and station_id == actor.station_id
    if actor.role in INSTITUTION_ROLES:
        return institution_id is not None and institution_id == actor.institution_id
    return False

"""The permission table against the papers (reliability.md section 5.6), and what each scope means,
case by case.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_portal.access.actor import SYSTEM, Actor, Role
from service_portal.access.permissions import Permission as P
from service_portal.access.policy import (
    POLICY,
    Scope,
    TicketFacts,
    can,
    is_same_organisation,
    may,
    scope_of,
)

# The paper's table in this product's words. Its member is the enterprise, its agent a station
# member, its dispatcher a station lead, its tenant admin the administrator. The product may give
# less than the paper, never more. own: f (o: the case a member owns), unit: u (enterprise: e),
# share: s, tenant: z
PAPER = {
    P.TICKET_FILE: {"enterprise_owner": "e", "enterprise_staff": "e"},
    P.TICKET_FILE_ON_BEHALF: {"station_member": "z", "station_lead": "z"},
    P.TICKET_VIEW: {
        "enterprise_owner": "e",
        "enterprise_staff": "f",
        "station_member": "u",
        "station_lead": "z",
        "manager": "z",
        "institution_worker": "s",
        "institution_lead": "s",
        "auditor": "z",
    },
    P.TICKET_MESSAGE: {
        "enterprise_owner": "e",
        "enterprise_staff": "f",
        "station_member": "u",
        "station_lead": "z",
        "manager": "z",
        "institution_worker": "s",
        "institution_lead": "s",
    },
    P.TICKET_NOTE: {"station_member": "u", "station_lead": "z", "manager": "z"},
    P.TICKET_LINK: {"station_member": "u", "station_lead": "z"},
    P.TICKET_ROUTE: {"station_lead": "z", "manager": "z"},
    # The paper's "progress" is its agent's; passing one's own case on to a colleague is part of it,
    # dispatching other people's is not.
    P.TICKET_ASSIGN: {"station_member": "o", "station_lead": "z", "manager": "z"},
    P.TICKET_HAND_OVER: {"station_member": "u", "station_lead": "z"},
    P.TICKET_ACCEPT: {"station_member": "u", "station_lead": "z"},
    P.TICKET_WORK: {
        "station_member": "u",
        "station_lead": "z",
        "institution_worker": "s",
        "institution_lead": "s",
    },
    P.TICKET_DELIVER: {
        "station_member": "u",
        "station_lead": "z",
        "institution_worker": "s",
        "institution_lead": "s",
    },
    P.TICKET_ANSWER: {
        "station_member": "u",
        "station_lead": "z",
        "institution_worker": "s",
        "institution_lead": "s",
    },
    P.TICKET_URGE: {
        "enterprise_owner": "e",
        "enterprise_staff": "f",
    },
    P.TICKET_WITHDRAW: {
        "enterprise_owner": "e",
        "enterprise_staff": "f",
        "station_lead": "z",
        "manager": "z",
    },
    P.TICKET_REOPEN: {
        "enterprise_owner": "e",
        "enterprise_staff": "f",
        "station_lead": "z",
        "manager": "z",
    },
    # The paper has no such row; it is the dispatcher's.
    P.TICKET_CALL_BACK: {"station_lead": "z", "manager": "z"},
    # Nor of these: asking is part of the work on a case, deciding the dispatcher's.
    P.TICKET_EXTEND: {
        "station_member": "o",
        "station_lead": "o",
        "institution_worker": "s",
        "institution_lead": "s",
    },
    P.TICKET_DECIDE_EXTENSION: {"station_lead": "z", "manager": "z"},
    P.COUNTS_READ: {
        "station_lead": "u",
        "manager": "z",
        "institution_worker": "s",
        "institution_lead": "s",
        "auditor": "z",
    },
    P.COUNTS_EXPORT: {
        "station_lead": "u",
        "manager": "z",
        "institution_worker": "s",
        "institution_lead": "s",
        "auditor": "z",
    },
    P.LEDGER_VERIFY: {"manager": "z", "auditor": "z"},
    P.LEDGER_REVERSE: {"manager": "z"},
    P.PEOPLE_MANAGE: {"administrator": "z"},
    P.CALENDAR_EDIT: {"administrator": "z"},
    P.DIRECTORY_EDIT: {"administrator": "z"},
    P.CATALOGUE_EDIT: {"administrator": "z"},
}
WIDTH = {"": 0, "o": 1, "f": 1, "s": 1, "u": 2, "e": 2, "z": 3}
WIDTH_OF = {
    Scope.NONE: 0,
    Scope.OWN: 1,
    Scope.FILED: 1,
    Scope.SHARE: 1,
    Scope.STATION: 2,
    Scope.ENTERPRISE: 2,
    Scope.ZONE: 3,
}
PEOPLE = [role for role in Role if role is not Role.SYSTEM]


def actor(role: Role, **about: Any) -> Actor:
    """Make somebody with person 1 in enterprise, station or institution 7."""
    place: dict[str, Any] = {
        "enterprise": {"enterprise_id": 7},
        "station": {"station_id": 7, "member_id": 70},
        "institution": {"institution_id": 7},
    }.get(role.split("_")[0], {})
    return Actor(role=role, person_id=1, **{**place, **about})


@pytest.mark.parametrize("permission", PAPER, ids=str)
@pytest.mark.parametrize("role", PEOPLE, ids=str)
def test_nobody_reaches_further_than_the_paper(permission: P, role: Role) -> None:
    assert (
        WIDTH_OF[POLICY[permission].get(role, Scope.NONE)] <= WIDTH[PAPER[permission].get(role, "")]
    )


@pytest.mark.parametrize(
    "permission", [P.TICKET_VIEW, P.TICKET_DELIVER, P.TICKET_ANSWER, P.TICKET_MESSAGE], ids=str
)
def test_those_who_do_the_work_reach_it(permission: P) -> None:
    for role in (
        Role.STATION_MEMBER,
        Role.STATION_LEAD,
        Role.INSTITUTION_LEAD,
        Role.INSTITUTION_WORKER,
    ):
        assert may(actor(role), permission)


def test_who_grants_rights_reads_no_tickets_and_auditors_only_read() -> None:
    for permission in P:
        if permission.startswith("ticket:"):
            assert not may(actor(Role.ADMINISTRATOR), permission)
    readable = {
        P.ACCOUNT_OWN,
        P.AUDIT_READ,
        P.CATALOGUE_READ,
        P.NOTIFICATION_OWN,
        P.COUNTS_READ,
        P.COUNTS_EXPORT,
        P.LEDGER_READ,
        P.LEDGER_VERIFY,
        P.FACT_READ,
        P.MONEY_EXPORT,
        P.MONEY_READ,
        P.SCORE_BOARDS,
        P.SCORE_READ,
        P.LOAN_COMPARE,
        P.TICKET_LIST,
        P.TICKET_VIEW,
        P.TICKET_CONVERSATION,
        P.TICKET_DECISIONS,
    }
    assert {permission for permission in P if may(actor(Role.AUDITOR), permission)} == readable


def test_every_person_has_an_account_and_unknown_pairs_are_refused() -> None:
    for role in PEOPLE:
        assert may(actor(role), P.ACCOUNT_OWN) and may(actor(role), P.NOTIFICATION_OWN)
    assert not may(actor(Role.ENTERPRISE_OWNER), P.LEDGER_REVERSE)
    assert {role for roles in POLICY.values() for role in roles} <= set(Role)


MINE = TicketFacts(
    enterprise_id=7,
    filed_by_id=1,
    station_id=7,
    owner_id=70,
    institution_ids=frozenset({7}),
    working_institution_id=7,
)
THEIRS = TicketFacts(
    enterprise_id=8,
    filed_by_id=2,
    station_id=8,
    owner_id=80,
    institution_ids=frozenset({8}),
    working_institution_id=8,
)
CASES = [
    (Role.ENTERPRISE_OWNER, {"enterprise_id": 7, "filed_by_id": 2}, True),
    (Role.ENTERPRISE_STAFF, {"enterprise_id": 7, "filed_by_id": 1}, True),
    (Role.ENTERPRISE_STAFF, {"enterprise_id": 7, "filed_by_id": 2}, False),
    (Role.ENTERPRISE_STAFF, {"enterprise_id": 8, "filed_by_id": 1}, False),
    (Role.STATION_MEMBER, {"station_id": 7, "owner_id": None}, True),
    (Role.STATION_MEMBER, {"station_id": 8, "owner_id": 70}, True),
    (Role.STATION_MEMBER, {"station_id": None, "owner_id": None}, False),
    (Role.STATION_LEAD, {"station_id": 8, "owner_id": 80}, False),
    (
        Role.INSTITUTION_WORKER,
        {"institution_ids": frozenset({7}), "working_institution_id": None},
        True,
    ),
    (Role.INSTITUTION_LEAD, {"institution_ids": frozenset()}, False),
    (Role.MANAGER, {}, True),
    (Role.AUDITOR, {}, True),
    (Role.ADMINISTRATOR, {"enterprise_id": 7}, False),
]


@pytest.mark.parametrize(("role", "facts", "yes"), CASES)
def test_who_may_see_a_ticket(role: Role, facts: dict[str, Any], yes: bool) -> None:
    base = {name: getattr(THEIRS, name) for name in TicketFacts.__slots__}
    assert can(actor(role), P.TICKET_VIEW, TicketFacts(**{**base, **facts})) is yes


@pytest.mark.parametrize(
    "permission",
    [P.TICKET_CONVERSATION, P.TICKET_MESSAGE, P.TICKET_WORK, P.TICKET_DELIVER, P.TICKET_ANSWER],
    ids=str,
)
def test_an_offer_lets_an_institution_read_the_request_and_nothing_else(permission: P) -> None:
    offered = TicketFacts(8, 2, 8, 80, institution_ids=frozenset({7}), working_institution_id=None)
    for role in (Role.INSTITUTION_LEAD, Role.INSTITUTION_WORKER):
        assert can(actor(role), P.TICKET_VIEW, offered) and not can(
            actor(role), permission, offered
        )
        assert can(actor(role), permission, MINE)


def test_a_member_gives_away_their_own_case_and_no_other() -> None:
    member, lead = actor(Role.STATION_MEMBER), actor(Role.STATION_LEAD)
    colleagues = TicketFacts(7, 1, 7, 71)
    assert can(member, P.TICKET_ASSIGN, MINE) and not can(member, P.TICKET_ASSIGN, colleagues)
    assert can(lead, P.TICKET_ASSIGN, colleagues) and not can(lead, P.TICKET_ASSIGN, THEIRS)
    assert not can(
        Actor(role=Role.STATION_MEMBER, person_id=1, station_id=7),
        P.TICKET_ASSIGN,
        TicketFacts(7, 1, 7, None),
    ), "who is no member owns nothing"
    for role in (Role.INSTITUTION_LEAD, Role.INSTITUTION_WORKER):
        assert not can(actor(role), P.TICKET_HAND_OVER, MINE), (
            "an institution gives a case back, it does not choose the station"
        )


def test_only_a_lead_of_headquarters_reaches_the_zone() -> None:
    lead, member = (
        actor(Role.STATION_LEAD, headquarters=True),
        actor(Role.STATION_MEMBER, headquarters=True),
    )
    assert can(lead, P.TICKET_ASSIGN, THEIRS) and scope_of(lead, P.TICKET_VIEW) is Scope.ZONE
    assert not can(member, P.TICKET_VIEW, THEIRS)


@given(role=st.sampled_from(PEOPLE), permission=st.sampled_from(list(P)))
def test_nobody_without_an_organisation_reaches_a_ticket_by_it(role: Role, permission: P) -> None:
    nobody = Actor(role=role, person_id=1)
    empty = TicketFacts(enterprise_id=0, filed_by_id=None, station_id=None, owner_id=None)
    assert can(nobody, permission, empty) is (scope_of(nobody, permission) is Scope.ZONE)


@given(role=st.sampled_from(PEOPLE), permission=st.sampled_from(list(P)))
def test_holding_it_for_a_ticket_means_holding_it_at_all(role: Role, permission: P) -> None:
    assert not can(actor(role), permission, MINE) or may(actor(role), permission)


def test_same_organisation() -> None:
    for role in PEOPLE:
        kind = role.split("_")[0]
        for place in ("enterprise", "station", "institution"):
            ids = {
                f"{name}_id": 7 if name == place else None
                for name in ("enterprise", "station", "institution")
            }
            assert is_same_organisation(actor(role), **ids) is (kind == place)
            assert not is_same_organisation(
                Actor(role=role), enterprise_id=None, station_id=None, institution_id=None
            )
    assert SYSTEM.is_staff and not actor(Role.ENTERPRISE_OWNER).is_staff

"""Who reaches how far, written down a second time from the papers (reliability.md 5.6 and the desks
of the issue): a weakened line of the policy is noticed, each of them.
"""

from __future__ import annotations

import pytest

from service_portal.access.actor import Role
from service_portal.access.permissions import Permission
from service_portal.access.policy import POLICY, Scope

SHORT = {
    "EO": Role.ENTERPRISE_OWNER,
    "ES": Role.ENTERPRISE_STAFF,
    "SM": Role.STATION_MEMBER,
    "SL": Role.STATION_LEAD,
    "IL": Role.INSTITUTION_LEAD,
    "IW": Role.INSTITUTION_WORKER,
    "MA": Role.MANAGER,
    "AU": Role.AUDITOR,
    "AD": Role.ADMINISTRATOR,
}
EVERYBODY = {"account:own", "catalogue:read", "notification:own"}
# Whoever changes a line of the policy changes it here too, and says why in the commit.
REACH = {
    "audit:read": "AU:zone AD:zone",
    "calendar:edit": "AD:zone",
    "case:give-back": "IL:share",
    "case:take-back": "SM:station SL:station",
    "catalogue:edit": "AD:zone",
    "counts:export": "SL:station IL:share MA:zone AU:zone",
    "counts:read": "SL:station IL:share MA:zone AU:zone",
    "directory:edit": "AD:zone",
    "fact:decide": "MA:zone AD:zone",
    "fact:import": "AD:zone",
    "fact:prove": "EO:enterprise ES:enterprise MA:zone AD:zone",
    "fact:read": "EO:enterprise ES:enterprise MA:zone AU:zone AD:zone",
    "fact:state": "EO:enterprise ES:enterprise",
    "ledger:read": "SL:station IL:share MA:zone AU:zone",
    "ledger:reverse": "MA:zone",
    "ledger:verify": "MA:zone AU:zone",
    "loan:accept": "EO:enterprise ES:filed",
    "loan:answer": "IL:share IW:share",
    "loan:ask": "EO:enterprise ES:filed",
    "loan:compare": "EO:enterprise ES:filed SM:station SL:station MA:zone AU:zone",
    "loan:desk": "IL:share IW:share",
    "loan:follow": "SM:station SL:station",
    "loan:talk": "EO:enterprise ES:filed SM:station SL:station IL:share IW:share",
    "mail:release": "AD:zone",
    "mailbox:read": "AD:zone",
    "offer:answer": "IL:share",
    "offer:list": "IL:share IW:share",
    "offer:withdraw": "SM:own SL:station",
    "money:book": "IL:share IW:share",
    "money:confirm": "MA:zone",
    "money:correct": "IL:share MA:zone",
    "money:export": "IL:share MA:zone AU:zone",
    "money:read": "EO:enterprise IL:share IW:share MA:zone AU:zone",
    "institution:choose": "EO:enterprise",
    "people:invite": "EO:enterprise SL:station IL:share AD:zone",
    "people:manage": "AD:zone",
    "product:edit": "IL:share AD:zone",
    "routing:edit": "MA:zone AD:zone",
    "scheme:edit": "AD:zone",
    "score:boards": "MA:zone AU:zone",
    "score:dispute": "EO:enterprise ES:enterprise",
    "score:read": "EO:enterprise ES:enterprise MA:zone AU:zone AD:zone",
    "status:read": "MA:zone AD:zone",
    "ticket:accept": "SM:station SL:station",
    "ticket:answer": "SM:station SL:station IL:share IW:share",
    "ticket:assign": "SM:own SL:station",
    "ticket:board": "SL:station MA:zone",
    "ticket:call-back": "SL:station MA:zone",
    "ticket:confirm": "EO:enterprise ES:filed",
    "ticket:conversation": (
        "EO:enterprise ES:filed SM:station SL:station IL:share IW:share MA:zone AU:zone"
    ),
    "ticket:decisions": "SM:station SL:station MA:zone AU:zone",
    "ticket:decide-extension": "SL:station MA:zone",
    "ticket:deliver": "SM:station SL:station IL:share IW:share",
    "ticket:extend": "SM:own SL:own IL:share IW:share",
    "ticket:file": "EO:enterprise ES:enterprise",
    "ticket:file-on-behalf": "SM:zone SL:zone",
    "ticket:hand-over": "SM:station SL:station",
    "ticket:link": "SM:station SL:station",
    "ticket:list": "EO:enterprise ES:filed SM:station SL:station IL:share IW:share MA:zone AU:zone",
    "ticket:message": "EO:enterprise ES:filed SM:station SL:station IL:share IW:share",
    "ticket:note": "SM:station SL:station MA:zone",
    "ticket:queue": "SM:station SL:station",
    "ticket:rate": "EO:enterprise ES:filed",
    "ticket:reopen": "EO:enterprise ES:filed SL:station MA:zone",
    "ticket:resubmit": "EO:enterprise ES:filed",
    "ticket:route": "SL:station",
    "ticket:urge": "EO:enterprise ES:filed",
    "ticket:view": "EO:enterprise ES:filed SM:station SL:station IL:share IW:share MA:zone AU:zone",
    "ticket:withdraw": "EO:enterprise ES:filed",
    "ticket:work": "SM:station SL:station IL:share IW:share",
}


def reach(permission: str) -> dict[Role, Scope]:
    """Give who reaches how far with a permission, as it is written down here."""
    if permission in EVERYBODY:
        return dict.fromkeys(SHORT.values(), Scope.ZONE)
    return {
        SHORT[role]: Scope(scope)
        for role, scope in (pair.split(":") for pair in REACH[permission].split())
    }


def differing() -> list[str]:
    """List the lines in which the policy and this table differ; the portal's own rights are not
    people's.
    """
    assert REACH.keys() | EVERYBODY == set(map(str, Permission))
    return [
        f"{permission} for {role}: {POLICY[permission].get(role)}, here"
        f" {reach(permission).get(role)}"
        for permission in Permission
        for role in SHORT.values()
        if POLICY[permission].get(role) != reach(permission).get(role)
    ]


def test_the_policy_is_what_was_agreed() -> None:
    assert not differing()


def test_every_weakened_line_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = 0
    for permission in Permission:
        for role in SHORT.values():
            for scope in [*Scope, None]:
                if POLICY[permission].get(role) == scope or (
                    scope in {None, Scope.NONE} and role not in POLICY[permission]
                ):
                    continue
                line = (
                    {**POLICY[permission], role: scope}
                    if scope
                    else {
                        other: known
                        for other, known in POLICY[permission].items()
                        if other is not role
                    }
                )
                with monkeypatch.context() as patch:
                    patch.setitem(POLICY, permission, line)
                    assert len(differing()) == 1, (permission, role, scope)
                tried += 1
    assert tried > 1_500

"""Which part of the money is meant, and what of it an actor may see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.access.policy import Scope, scope_of

# By what sums are cut: the name in addresses, and the column.
CUTS = {
    "institution": "institution_id",
    "product": "product_code",
    "park": "park_id",
    "industry": "industry_key",
    "stage": "stage_code",
}
# How an address says a key that is empty, such as the stage of those without one.
WITHOUT = "-"
FOR_EVER = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Slice:
    """What happened up to a day, as far as it was booked by another day, of some part."""

    as_of: date
    known_at: date | None = None
    institution_id: int | None = None
    product_code: str | None = None
    park_id: int | None = None
    industry_key: str | None = None
    stage_code: str | None = None
    enterprise_id: int | None = None

    @property
    def cuts(self) -> dict[str, Any]:
        """Give the columns that are narrowed, with their values."""
        names = (*CUTS.values(), "enterprise_id")
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    @property
    def known(self) -> date:
        """Give the day by which it was booked, which is any if none is named."""
        return self.known_at or FOR_EVER


def key_in(text: str) -> str:
    """Give the key that an address means."""
    return "" if text == WITHOUT else text


def narrowed(actor: Actor, wanted: Slice, permission: Permission = Permission.MONEY_READ) -> Slice:
    """Keep to what the actor may see: a bank its own lines, an enterprise its own."""
    scope = scope_of(actor, permission)
    if scope is Scope.ZONE:
        return wanted
    if scope is Scope.SHARE:
        return replace(wanted, institution_id=actor.institution_id or -1)
    if scope is Scope.ENTERPRISE:
        return replace(wanted, enterprise_id=actor.enterprise_id or -1)
    return replace(wanted, institution_id=-1)


def may_see(actor: Actor, *, institution_id: int, enterprise_id: int) -> bool:
    """Say whether the actor may see an entry or a line of a bank and an enterprise."""
    part = narrowed(actor, Slice(FOR_EVER))
    return part.institution_id in {None, institution_id} and part.enterprise_id in {
        None,
        enterprise_id,
    }


def told_code(actor: Actor, row: Any) -> str:
    """Give the social credit code of an entry's enterprise; a bank learns it with a line."""
    if row.line_id is None and scope_of(actor, Permission.MONEY_READ) is Scope.SHARE:
        return ""
    return str(row.uscc)

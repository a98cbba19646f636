"""Who hears of which event, as one table. Pure.

Parties: `filer` who asked, `owner` the member who has the case, `leads` of its station,
`institution` named by the event or working on the ticket, `managers` of the zone. Nobody is told of
their own act.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

FILER, OWNER, LEADS, INSTITUTION, MANAGERS = "filer", "owner", "leads", "institution", "managers"
# Of figures: whoever stated one, with the owners of its enterprise; and who says which one counts.
ENTERPRISE, DECIDERS = "enterprise", "deciders"
# Whose account it is; a letter of the account says it by mail.
ONESELF = "oneself"


class Channel(StrEnum):
    """How a message reaches its reader: in the bell or by mail."""

    APP = "app"
    MAIL = "mail"


APP, MAIL = Channel


@dataclass(frozen=True, slots=True)
class Telling:
    """The parties told of an event and the channels used."""

    parties: frozenset[str]
    channels: tuple[str, ...] = (APP, MAIL)


def _tell(*parties: str, channels: tuple[str, ...] = (APP, MAIL)) -> Telling:
    return Telling(frozenset(parties), channels)


TABLE: dict[str, Telling] = {
    "ticket.filed": _tell(FILER, channels=(MAIL,)),
    "ticket.assigned": _tell(OWNER, channels=(APP,)),
    "ticket.unassignable": _tell(LEADS),
    "ticket.accepted": _tell(FILER),
    "ticket.not_accepted": _tell(FILER),
    "ticket.returned": _tell(FILER),
    "ticket.resubmitted": _tell(OWNER, channels=(APP,)),
    "ticket.service_changed": _tell(FILER),
    "ticket.withdrawn": _tell(OWNER, INSTITUTION, channels=(APP,)),
    "ticket.merged": _tell(FILER),
    "ticket.divided": _tell(FILER),
    "offer.made": _tell(INSTITUTION),
    "offer.accepted": _tell(FILER, OWNER, channels=(APP,)),
    "offer.declined": _tell(OWNER, channels=(APP,)),
    "offer.expired": _tell(OWNER, INSTITUTION, channels=(APP,)),
    "offer.withdrawn": _tell(OWNER, INSTITUTION),
    "case.taken_back": _tell(FILER, OWNER, INSTITUTION),
    "case.given_back": _tell(FILER, OWNER),
    "work.started": _tell(FILER, channels=(APP,)),
    "ticket.urged": _tell(OWNER, LEADS, INSTITUTION),
    "extension.asked": _tell(LEADS),
    "extension.granted": _tell(FILER, OWNER, INSTITUTION),
    "extension.refused": _tell(OWNER, INSTITUTION),
    "extension.lapsed": _tell(OWNER, LEADS, INSTITUTION),
    "ticket.held": _tell(FILER),
    "ticket.resumed": _tell(FILER, channels=(APP,)),
    "ticket.handed_over": _tell(FILER, channels=(APP,)),
    "ticket.answered": _tell(FILER),
    "ticket.closed": _tell(OWNER, INSTITUTION, channels=(APP,)),
    "ticket.redone": _tell(OWNER, INSTITUTION),
    "ticket.reopened": _tell(OWNER, LEADS, INSTITUTION, channels=(APP,)),
    "ticket.rated": _tell(OWNER, channels=(APP,)),
    "verdict.changed": _tell(OWNER, INSTITUTION, channels=(APP,)),
    "call_back.asked": _tell(LEADS),
    "call_back.made": _tell(OWNER, channels=(APP,)),
    "loan.answered": _tell(FILER, OWNER),
    "loan.accepted": _tell(OWNER, INSTITUTION),
    "loan.lapsed": _tell(FILER, OWNER),
    "loan.expired": _tell(FILER, OWNER),
    "loan.reminded": _tell(FILER),
    "loan.stopped": _tell(FILER),
    "loan.ended": _tell(INSTITUTION, channels=(APP,)),
    "fact.decided": _tell(ENTERPRISE),
    "facts.conflicted": _tell(DECIDERS),
    "second_factor.removed": _tell(ONESELF, channels=(APP,)),
}

# By these an institution no longer reads the ticket: it is told of its offer, whose page says why.
OF_THE_OFFER = frozenset(
    {"offer.withdrawn", "offer.expired", "case.taken_back", "ticket.withdrawn", "loan.ended"}
)

# Supervision climbs: handler first, then the lead, then the manager (domain.md 2.2, rule 6).
RUNGS: dict[str, Telling] = {
    "remind": _tell(OWNER, channels=(APP,)),
    "yellow": _tell(OWNER, channels=(APP,)),
    "red": _tell(OWNER, LEADS),
    "level1": _tell(OWNER, LEADS),
    "level2": _tell(LEADS, MANAGERS),
    "level3": _tell(LEADS, MANAGERS),
}

OFFER_RUNGS: dict[str, Telling] = {"remind": _tell(INSTITUTION, channels=(APP,))}

DECISION_RUNGS: dict[str, Telling] = {
    "yellow": _tell(INSTITUTION, channels=(APP,)),
    "red": _tell(INSTITUTION, OWNER),
    "level1": _tell(INSTITUTION, OWNER, LEADS),
}
# On its day what is on hold is its owner's again; who is silent then is seen by the leads.
LOOK_AGAIN_RUNGS: dict[str, Telling] = {
    "red": _tell(OWNER, INSTITUTION, FILER),
    "level1": _tell(OWNER, LEADS),
    "level2": _tell(LEADS, MANAGERS),
}
# An institution is reminded of the case it has; when its time is over, the owner may take it back.
HANDLE_RUNGS: dict[str, Telling] = {
    "yellow": _tell(INSTITUTION, channels=(APP,)),
    "red": _tell(INSTITUTION, OWNER),
}
# A lead who owes a call is reminded of it; then it is seen by the managers.
CALL_BACK_RUNGS: dict[str, Telling] = {
    "red": _tell(LEADS),
    "level1": _tell(LEADS, MANAGERS),
}
LADDERS = {
    "offer": OFFER_RUNGS,
    "decision": DECISION_RUNGS,
    "look_again": LOOK_AGAIN_RUNGS,
    "handle": HANDLE_RUNGS,
    "call_back": CALL_BACK_RUNGS,
}


def telling_for(
    event: str, *, by_enterprise: bool = False, clock: str = "", rung: str = "", reason: str = ""
) -> Telling:
    """Say who is told of an event.

    A message goes to the other side; a rung of a clock by its own ladder; what no station has, to
    the managers, who decide on what a lead asks for, too.
    """
    if reason == "no_station":
        return _tell(MANAGERS)
    if event == "extension.asked" and reason == "by_lead":
        return _tell(LEADS, MANAGERS)
    if event == "message.posted":
        return _tell(OWNER, INSTITUTION) if by_enterprise else _tell(FILER)
    if event == "rung.reached":
        ladder = LADDERS.get(clock, RUNGS)
        return ladder.get(rung, Telling(frozenset()))
    return TABLE.get(event, Telling(frozenset()))

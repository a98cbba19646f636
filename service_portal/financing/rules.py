"""How far a bank is with a request, as one table, and which products fit a request. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from service_portal.facts.expressions import Value
from service_portal.kernel.reasons import Reason


class AnswerState(StrEnum):
    """How far a bank is with a request."""

    CHOSEN = "chosen"
    RECEIVED = "received"
    CONTACTED = "contacted"
    DUE_DILIGENCE = "due_diligence"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Step(StrEnum):
    """What leads from one state to the next."""

    SEND = "send"
    TAKE_UP = "take_up"
    EXAMINE = "examine"
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    TAKE_BACK = "take_back"
    STOP_WAITING = "stop_waiting"
    LAPSE = "lapse"


class EndedBy(StrEnum):
    """Who ended what was withdrawn."""

    BANK = "bank"
    ENTERPRISE = "enterprise"
    STATION = "station"


class Guarantee(StrEnum):
    """What secures a loan."""

    CREDIT = "credit"
    MORTGAGE = "mortgage"
    IP = "ip"
    GUARANTOR = "guarantor"


class AnswersWith(StrEnum):
    """What an institution answers with: banks a line, guarantors a share of the risk."""

    LINE = "line"
    SHARE = "share"


S, T = AnswerState, Step

TABLE: dict[tuple[AnswerState, Step], AnswerState] = {
    (S.CHOSEN, T.SEND): S.RECEIVED,
    (S.CHOSEN, T.TAKE_BACK): S.WITHDRAWN,
    (S.CHOSEN, T.STOP_WAITING): S.WITHDRAWN,
    (S.RECEIVED, T.TAKE_UP): S.CONTACTED,
    (S.RECEIVED, T.REFUSE): S.REFUSED,
    (S.RECEIVED, T.TAKE_BACK): S.WITHDRAWN,
    (S.RECEIVED, T.STOP_WAITING): S.WITHDRAWN,
    (S.RECEIVED, T.LAPSE): S.LAPSED,
    (S.CONTACTED, T.EXAMINE): S.DUE_DILIGENCE,
    (S.CONTACTED, T.APPROVE): S.APPROVED,
    (S.CONTACTED, T.REFUSE): S.REFUSED,
    (S.CONTACTED, T.WITHDRAW): S.WITHDRAWN,
    (S.CONTACTED, T.TAKE_BACK): S.WITHDRAWN,
    (S.CONTACTED, T.STOP_WAITING): S.WITHDRAWN,
    (S.DUE_DILIGENCE, T.APPROVE): S.APPROVED,
    (S.DUE_DILIGENCE, T.REFUSE): S.REFUSED,
    (S.DUE_DILIGENCE, T.WITHDRAW): S.WITHDRAWN,
    (S.DUE_DILIGENCE, T.TAKE_BACK): S.WITHDRAWN,
    (S.DUE_DILIGENCE, T.STOP_WAITING): S.WITHDRAWN,
    (S.APPROVED, T.WITHDRAW): S.WITHDRAWN,
    (S.APPROVED, T.TAKE_BACK): S.WITHDRAWN,
    (S.APPROVED, T.LAPSE): S.LAPSED,
}

WAITING = frozenset({S.CHOSEN, S.RECEIVED, S.CONTACTED, S.DUE_DILIGENCE})
DECIDED = frozenset({S.APPROVED, S.REFUSED})
LIVE = WAITING | {S.APPROVED}
# A request goes to so many banks at a time.
MOST_BANKS = 10


def next_state(state: AnswerState, step: Step) -> AnswerState | None:
    """Say where a step leads from a state, or None when it is not possible there."""
    return TABLE.get((state, step))


def steps_from(state: AnswerState) -> frozenset[Step]:
    """List the steps that are possible in a state."""
    return frozenset(step for one, step in TABLE if one is state)


def all_answered(states: Iterable[AnswerState]) -> bool:
    """Say whether no bank has still to answer and at least one has."""
    found = set(states)
    return not found & WAITING and bool(found & (DECIDED | {S.LAPSED}))


class Misfit(StrEnum):
    """Why a product does not fit a request."""

    TOO_LITTLE = "too_little"
    TOO_MUCH = "too_much"
    TOO_LONG = "too_long"
    GUARANTEE = "guarantee"
    NOT_YET = "not_yet"
    ENDED = "ended"
    CONDITION = "condition"
    FACT_MISSING = "fact_missing"
    INSTITUTION = "institution"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a product says: amounts in fen, the longest term in months."""

    least_fen: int
    most_fen: int
    longest_months: int
    guarantees: Collection[str]
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request asks for; what its form does not ask is None or empty."""

    amount_fen: int | None
    months: int | None
    guarantees: Collection[str]


def misfits(terms: Terms, wanted: Wanted, today: date) -> list[Reason]:
    """Name everything in which a product's terms do not fit a request on a day."""
    found = []
    amount, months = wanted.amount_fen, wanted.months
    if amount is not None and amount < terms.least_fen:
        found.append(Reason(Misfit.TOO_LITTLE, {"fen": terms.least_fen}))
    if amount is not None and amount > terms.most_fen:
        found.append(Reason(Misfit.TOO_MUCH, {"fen": terms.most_fen}))
    if months is not None and months > terms.longest_months:
        found.append(Reason(Misfit.TOO_LONG, {"months": terms.longest_months}))
    if wanted.guarantees and not set(wanted.guarantees) & set(terms.guarantees):
        found.append(Reason(Misfit.GUARANTEE, {"guarantees": sorted(terms.guarantees)}))
    found += [
        Reason(code, {"day": day.isoformat()})
        for code, day in (outside(terms.valid_from, terms.valid_until, today) or {}).items()
    ]
    return found


def outside(
    valid_from: date, valid_until: date | None, today: date
) -> Mapping[Misfit, date] | None:
    """Say whether a day lies before or after the days on which a product is offered."""
    if today < valid_from:
        return {Misfit.NOT_YET: valid_from}
    if valid_until is not None and today > valid_until:
        return {Misfit.ENDED: valid_until}
    return None


@dataclass(frozen=True, slots=True)
class Checked:
    """One condition of a product on an enterprise's facts; `holds` is None where facts lack.

    `known` are those it asks for, by code and by how many years they lie back.
    """

    text: str
    holds: bool | None
    missing: Sequence[str] = ()
    known: Mapping[tuple[str, int], Value] = field(default_factory=dict)

"""What becomes usage and under which key it can be counted only once (domain.md 2.6). Pure."""

from __future__ import annotations

from datetime import date

from service_portal.kernel.words import Words
from service_portal.tickets.codes import Outcome

RULE_VERSION = 1


def event_key(
    *, enterprise_id: int, ticket_id: int, station_id: int, institution_id: int | None, day: date
) -> str:
    """Name a service event so that an enterprise, ticket, provider and local day count once."""
    provider = f"i{institution_id}" if institution_id is not None else f"s{station_id}"
    return f"event:{enterprise_id}:{ticket_id}:{provider}:{day.isoformat()}"


# How a case ends that counts.
COUNTED = frozenset({Outcome.RESOLVED, Outcome.PARTLY, Outcome.ANSWERED})
# Why a case is taken back: codes, so that they read in every language.
REOPENED, NOT_SOLVED = "reopened", "not_solved"


def case_key(*, ticket_id: int, cycle: int, again: int = 0) -> str:
    """Name a closed case so that each cycle of a ticket counts once; only a reversal allows the
    next.

    `again` is how often this cycle was counted before: an enterprise may change its verdict and
    change it back.
    """
    return f"case:{ticket_id}:{cycle}:{again + 1}" if again else f"case:{ticket_id}:{cycle}"


def is_case(*, outcome: str | None, verdict: str | None = None) -> bool:
    """Say whether a closed ticket is a case: it ended with a result, and the enterprise does not
    say that it is not solved.
    """
    return outcome in COUNTED and verdict != NOT_SOLVED


def persons_of(*, count_basis: str, channel: str, attendees: int) -> int:
    """Give the persons a service event counts for: who came to an event or a booking, never who
    talked about a case or read an answer. The recount says the same in SQL.
    """
    return (
        attendees
        if channel == "event" or (count_basis == "event" and channel not in {"message", "document"})
        else 0
    )


# What a recount checks, in the order in which it does.
CHECKS: dict[str, Words] = {
    "chain": Words("the chain of the ledger is whole", "台账链条完整，逐行相接"),
    "usage_month": Words("the sums of each month equal the ledger", "月度汇总与台账一致"),
    "usage_enterprise_month": Words(
        "the sums of each enterprise and month equal the ledger", "企业月度汇总与台账一致"
    ),
    "usage_excluded_month": Words(
        "the sums of contacts that do not count equal what was recorded",
        "未计数联系的月度汇总与记录一致",
    ),
    "events": Words(
        "every countable service event is counted once, nothing else is",
        "每次有效服务只计一次，且无其他计数",
    ),
    "contents": Words(
        "every counted service event says what its line says: time, persons, day, provider, ticket",
        "每次有效服务与其台账记录一致：时长、人次、日期、服务方、工单",
    ),
    "twice": Words(
        "no ticket, provider and day counts twice", "同一工单、同一服务方、同一日不重复计数"
    ),
    "cases": Words(
        "every closed case with a result is counted once, nothing else is",
        "每个有结果的办结事项只计一次，且无其他计数",
    ),
    "closings": Words(
        "every counted case says what its closing says: day, provider, ticket, verdict",
        "每个已计办结事项与其办结记录一致：日期、服务方、工单、评价结果",
    ),
    "corrections": Words(
        "every correction undoes exactly one entry, when and because it says so",
        "每条更正只冲销一条记录，且时间与原因属实",
    ),
    "moments": Words(
        "nothing was counted or taken back in days that were over",
        "已结束的日期未再计入或冲销",
    ),
}

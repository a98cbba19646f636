"""The demo's finance centre: what its banks were asked for, granted, paid out and got back in two
and a half years, line by line.

The sums of the zone's report come out of the lines: a little over thirty billion of valid lines,
19.3 billion drawn by 286 enterprises; one bank was asked for 1.505 billion of points loans, another
has paid out 364 million of lines with 1.1 billion left.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.demo.loans import DAYS, Loan, plot_loans, round_down
from service_portal.demo.zone import Zone
from service_portal.directory.models import Enterprise
from service_portal.facts.queries import facts_of_many
from service_portal.financing.models import LoanProduct
from service_portal.financing.rules import AnswersWith
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.money.codes import MoneyKind, RefusalReason
from service_portal.money.correcting import propose_correction
from service_portal.money.models import MONEY, MoneyEntry

REASONS = (
    *(RefusalReason.COLLATERAL,) * 4,
    *(RefusalReason.REPAYMENT_CAPACITY,) * 3,
    *(RefusalReason.OVER_INDEBTED,) * 3,
    *(RefusalReason.DOCUMENTS,) * 2,
    RefusalReason.CREDIT_HISTORY,
    RefusalReason.TOO_YOUNG,
    RefusalReason.INDUSTRY,
)


def make_finance(random: Random, zone: Zone, *, now: datetime) -> int:
    """Make the finance centre's past and give how many lines of it there are."""
    today = now.astimezone(zone_time()).date()
    first = today - timedelta(days=DAYS)
    firms = list(
        db.session.execute(
            sa.select(Enterprise.id, Enterprise.park_id, Enterprise.industry_en).order_by(
                Enterprise.id
            )
        )
    )
    known = _known([firm.id for firm in firms], first)
    points = {firm_id: float(of[today.year]["points"] or 0) for firm_id, of in known.items()}
    loans = plot_loans(random, _offered(), firms, points)
    happened = [one for loan in loans for one in _story(random, loan, zone)]
    _write(happened, known, first=first, now=now)
    _propose_correction(zone, now=now)
    return len(happened)


def _offered() -> dict[int, dict[str, int]]:
    """Give the largest sums of the products that the banks lend on, bank by bank."""
    offered: dict[int, dict[str, int]] = {}
    rows = db.session.execute(
        sa.select(LoanProduct.institution_id, LoanProduct.code, LoanProduct.most_fen)
        .where(LoanProduct.answers_with == AnswersWith.LINE)
        .order_by(LoanProduct.institution_id, LoanProduct.id)
    )
    for bank_id, code, most in rows:
        offered.setdefault(bank_id, {})[code] = most
    return offered


def _story(random: Random, loan: Loan, zone: Zone) -> list[dict[str, Any]]:
    """Tell what happened to a loan, each thing with the day it was booked."""
    base = {
        "loan": loan,
        "actor_person_id": zone.workers[loan.bank_id].person_id,
        "enterprise_id": loan.firm.id,
        "institution_id": loan.bank_id,
    }
    told = [{**base, "kind": MoneyKind.APPLIED, "amount": loan.asked, "on": loan.asked_on}]
    answered = min(loan.answered_on, DAYS)
    if loan.answer in {MoneyKind.REFUSED, MoneyKind.WITHDRAWN}:
        refused = loan.answer is MoneyKind.REFUSED
        told.append(
            {
                **base,
                "kind": loan.answer,
                "amount": loan.asked,
                "on": answered,
                "reason_code": random.choice(REASONS) if refused else None,
            }
        )
    if loan.answer is MoneyKind.APPROVED:
        told.append({**base, "kind": MoneyKind.APPROVED, "amount": loan.line, "on": answered})
        told += _payments(random, loan, base)
        if not loan.live:
            told.append(
                {
                    **base,
                    "kind": MoneyKind.EXPIRED,
                    "amount": loan.line,
                    "on": loan.answered_on + loan.days + 1,
                }
            )
    return [one for one in told if one["on"] <= DAYS]


def _payments(random: Random, loan: Loan, base: dict[str, Any]) -> list[dict[str, Any]]:
    if not loan.drawn:
        return []
    told: list[dict[str, Any]] = []
    last = min(DAYS, loan.answered_on + min(loan.days, 400))
    parts = random.randint(1, 4)
    begun = min(last, loan.answered_on + int(random.triangular(2, 40, 6)))
    days = [begun, *sorted(random.randint(begun, last) for _ in range(parts - 1))]
    left = loan.drawn
    for n, day in enumerate(days):
        part = left if n == parts - 1 else round_down(left // (parts - n))
        left -= part
        told.append({**base, "kind": MoneyKind.DRAWN, "amount": part, "on": day})
        if left <= 0:
            break
    repaid, owed = 0, loan.drawn
    for n in range(1, 7):
        day = days[-1] + 90 * n
        if day > DAYS:
            break
        part = round_down(owed // 12)
        if repaid + part > owed:
            break
        repaid += part
        told.append({**base, "kind": MoneyKind.REPAID, "amount": part, "on": day})
    owed -= repaid
    if loan.answered_on < DAYS - 300 and random.random() < 0.04:
        told.append({**base, "kind": MoneyKind.OVERDUE, "amount": owed // 6, "on": DAYS - 20})
        if random.random() < 0.4:
            bad = {**base, "kind": MoneyKind.NON_PERFORMING, "amount": owed // 6, "on": DAYS - 4}
            told.append(bad)
    return told


def _write(
    happened: list[dict[str, Any]],
    known: Mapping[int, Mapping[int, dict[str, Any]]],
    *,
    first: date,
    now: datetime,
) -> None:
    """Book everything in the order it was booked in; a request and a line have the number of the
    entry that began them.
    """
    order = {kind: n for n, kind in enumerate(MoneyKind)}
    for n, one in enumerate(happened):
        # One in nine slips reaches the ledger days later than it happened.
        late = (n % 23) if n % 9 == 0 and one["kind"] in {MoneyKind.DRAWN, MoneyKind.REPAID} else 0
        one["late"] = 0 if one["on"] + late > DAYS else late
    happened.sort(key=lambda one: (one["on"] + one["late"], order[one["kind"]]))
    begun: dict[tuple[int, MoneyKind], int] = {}
    entries = []
    for seq, one in enumerate(happened, start=MONEY.length() + 1):
        loan, kind = one["loan"], one["kind"]
        begun[id(loan), kind] = begun.get((id(loan), kind), seq)
        day = first + timedelta(days=one["on"])
        booked = day + timedelta(days=one["late"])
        entries.append(
            {
                "at": min(datetime.combine(booked, time(7), UTC), now).isoformat(),
                "day": day.isoformat(),
                "booked_on": booked.isoformat(),
                "kind": kind,
                "amount": one["amount"],
                "actor_person_id": one["actor_person_id"],
                "enterprise_id": one["enterprise_id"],
                "institution_id": one["institution_id"],
                "unique_key": f"demo:{seq}",
                "reason_code": one.get("reason_code"),
                **_of_request(loan, kind, known[loan.firm.id][day.year]),
                **_of_line(loan, kind, begun, day, seq),
            }
        )
    MONEY.append_many(entries)


def _of_request(loan: Loan, kind: MoneyKind, known: dict[str, Any]) -> dict[str, Any]:
    if kind is not MoneyKind.APPLIED:
        return {}
    return {
        "product_code": loan.product,
        "park_id": loan.firm.park_id,
        "industry_key": loan.firm.industry_en,
        "first_time": loan.first_time,
        **known,
    }


def _of_line(
    loan: Loan, kind: MoneyKind, begun: dict[tuple[int, MoneyKind], int], day: date, seq: int
) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if kind is not MoneyKind.APPLIED:
        said["application_id"] = begun[id(loan), MoneyKind.APPLIED]
    if kind is MoneyKind.APPROVED:
        until = day + timedelta(days=loan.days)
        said |= {"revolving": loan.revolving, "valid_until": until.isoformat()}
    elif (id(loan), MoneyKind.APPROVED) in begun:
        said["line_id"] = begun[id(loan), MoneyKind.APPROVED]
    if kind in {MoneyKind.DRAWN, MoneyKind.REPAID}:
        said["slip_code"] = f"{day:%y%m%d}-{seq:05}"
    return said


def _known(firm_ids: list[int], first: date) -> dict[int, dict[int, dict[str, Any]]]:
    """Give stage and points of each enterprise in each year, as its facts say; of the nearest year
    that is known where they say nothing.
    """
    years = range(first.year, first.year + 4)
    said: dict[int, dict[int, dict[str, Any]]] = {firm_id: {} for firm_id in firm_ids}
    for year in years:
        facts = facts_of_many(firm_ids, year, codes=("points", "points_stage"))
        for firm_id, of in facts.items():
            points = of.get(("points", 0), of.get(("points", 1)))
            stage = of.get(("points_stage", 0), of.get(("points_stage", 1)))
            if points is not None:
                said[firm_id][year] = {"points": str(points), "stage_code": stage or ""}
    nothing = {"points": None, "stage_code": ""}
    return {
        firm_id: {
            year: of[min(of, key=lambda one: (abs(one - year), one))] if of else nothing
            for year in years
        }
        for firm_id, of in said.items()
    }


def _propose_correction(zone: Zone, *, now: datetime) -> None:
    """Let a bank say that it entered its last repayment twice: a second person has to confirm."""
    seq = db.session.scalar(
        sa.select(MoneyEntry.seq)
        .where(MoneyEntry.kind == MoneyKind.REPAID, MoneyEntry.revolving.is_not(True))
        .order_by(MoneyEntry.seq.desc())
        .limit(1)
    )
    entry = db.session.get_one(MoneyEntry, seq)
    proposer = zone.workers[entry.institution_id]
    propose_correction(
        actor=Actor(role=Role.INSTITUTION_LEAD, person_id=proposer.person_id),
        seq=entry.seq,
        note="回单重复录入，同一笔还款录入了两次。",
        now=now - timedelta(hours=3),
    )

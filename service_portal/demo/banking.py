"""The products of the demo's banks, and requests that are with them now, in every state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.accounts.models import Membership
from service_portal.catalogue.queries import services
from service_portal.demo.zone import DEMO_PARK, DEMO_STATION, Zone
from service_portal.directory.models import (
    Institution,
    InstitutionScope,
    Member,
    Park,
    Station,
)
from service_portal.events.models import OutboxRow
from service_portal.filing.services import file_ticket
from service_portal.financing import accepting, answering, talking
from service_portal.financing.asking import ask_banks
from service_portal.financing.fitting import products_for
from service_portal.financing.models import LoanAnswer, LoanProduct
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import db
from service_portal.people.models import Person
from service_portal.tickets.asked import Request
from service_portal.tickets.models import Assignment, Ticket
from service_portal.working.services import accept_ticket

BANK = "银行支行"
TEN_THOUSAND = 1_000_000
# Code, service, names, largest sum in ten thousand yuan, months, rate, guarantees, condition.
KINDS: tuple[tuple[Any, ...], ...] = (
    (
        "working-capital",
        "FIN-01",
        "流动资金贷款",
        "Working capital loan",
        20_000,
        24,
        (20, 120),
        ("credit", "mortgage", "guarantor"),
        "",
    ),
    (
        "equipment",
        "FIN-01",
        "设备更新贷款",
        "Equipment loan",
        40_000,
        60,
        (-10, 60),
        ("credit", "mortgage"),
        "revenue >= 500000000",
    ),
    (
        "project",
        "FIN-01",
        "项目贷款",
        "Project loan",
        80_000,
        120,
        (-30, 40),
        ("mortgage", "guarantor"),
        "revenue >= 2000000000",
    ),
    (
        "points-loan",
        "FIN-02",
        "创新积分贷",
        "Innovation points loan",
        6_000,
        36,
        (-20, 80),
        ("credit",),
        "points >= 60",
    ),
    (
        "ip-pledge",
        "FIN-03",
        "知识产权质押贷款",
        "IP pledge loan",
        10_000,
        36,
        (0, 90),
        ("ip", "credit"),
        "ip_class_1 >= 1",
    ),
    (
        "guarantee",
        "FIN-04",
        "政策性融资担保",
        "Policy guarantee",
        1_000,
        36,
        (0, 0),
        ("guarantor",),
        "",
    ),
)
# What becomes of the requests at the first, second and third bank that fits.
FATES = (
    ("approve", "refuse", "examine"),
    ("accept", "refuse", "silent"),
    ("contact", "silent", "silent"),
    ("refuse", "refuse", "refuse"),
    ("accept", "approve", "withdraw"),
    ("silent", "silent", "silent"),
)
WANTED = (300, 500, 120, 800, 260, 1_000)


def make_products(zone: Zone, *, now: datetime) -> int:
    """Make the products of the banks and give how many there are; each bank lacks some kinds."""
    today = now.astimezone(zone_time()).date()
    banks = db.session.scalars(
        sa.select(Institution).where(Institution.kind_zh == BANK).order_by(Institution.id)
    ).all()
    parks = db.session.scalars(sa.select(Park.id)).all()
    made = [
        _product(bank, kind, number, today)
        for number, bank in enumerate(banks)
        for place, kind in enumerate(KINDS)
        if place < 3 or (number + place - 1) % 3
    ]
    db.session.add_all(made)
    # Whoever tries the demo as somebody of an institution can go to a bank, too.
    db.session.add_all(
        Membership(
            person_id=zone.roles[role],
            role=role,
            institution_id=bank.id,
            created_at=now - timedelta(days=400),
        )
        for role, bank in (
            (Role.INSTITUTION_LEAD, banks[-1]),
            (Role.INSTITUTION_WORKER, banks[-2]),
        )
    )
    scopes = sa.select(
        InstitutionScope.institution_id, InstitutionScope.service_code, InstitutionScope.park_id
    )
    known = set(map(tuple, db.session.execute(scopes)))
    wanted = {(one.institution_id, one.service_code, park) for one in made for park in parks}
    db.session.add_all(
        InstitutionScope(institution_id=bank, service_code=code, park_id=park)
        for bank, code, park in sorted(wanted - known)
    )
    db.session.flush()
    return len(made)


def _product(bank: Institution, kind: Sequence[Any], number: int, today: date) -> LoanProduct:
    code, service, zh, en, most, months, (low, high), guarantees, condition = kind
    return LoanProduct(
        institution_id=bank.id,
        service_code=service,
        code=code,
        name_zh=zh,
        name_en=en,
        purpose_zh="支持科技型企业经营周转与研发投入",
        purpose_en="For the running business and the research of technology firms",
        answers_with="share" if code == "guarantee" else "line",
        least_fen=(1_000 if code == "project" else 10) * TEN_THOUSAND,
        most_fen=(most + 200 * number) * TEN_THOUSAND,
        longest_months=months,
        rate_from_bp=low,
        rate_to_bp=high + 5 * number,
        guarantees=list(guarantees),
        condition=condition,
        valid_from=date(today.year - 1, 1, 1),
        # One product has just ended.
        valid_until=today - timedelta(days=1) if (number, code) == (3, "equipment") else None,
        revolving=code == "working-capital" and number % 2 == 0,
    )


def make_requests(random: Random, zone: Zone, *, now: datetime) -> int:
    """Let some enterprises ask for loans in these days, and banks answer, through the doors that
    people use; give how many answers there are.
    """
    park = db.session.scalars(sa.select(Park.id).where(Park.code == DEMO_PARK)).one()
    companies = [zone.companies[0], *(c for c in zone.companies[1:] if c.park_id == park)]
    number = 0
    for place, fates in enumerate(FATES):
        company = companies[place * 3]
        # Whoever is silent still has time.
        is_new = fates[-1] == "silent"
        at = now - (timedelta(hours=2) if is_new else timedelta(days=2 + place, hours=3))
        step = timedelta(minutes=20) if is_new else timedelta(hours=4)
        number += _request(
            random, company.id, WANTED[place] * TEN_THOUSAND, fates, at=at, step=step
        )
    # What happened is past: nobody is told of it now.
    db.session.execute(sa.delete(OutboxRow))
    return number


def _request(
    random: Random,
    enterprise_id: int,
    fen: int,
    fates: Sequence[str],
    *,
    at: datetime,
    step: timedelta,
) -> int:
    owner = _owner(enterprise_id)
    if owner is None:
        return 0
    filed = file_ticket(
        Request(
            title=f"贷款 {fen // TEN_THOUSAND} 万元用于扩产",
            description="订单增加，需补充流动资金并购置设备。",
            contact_name=owner.name,
            contact_phone=f"0757-5555 0{random.randrange(100, 1000)}",
            urgent=False,
            answers={
                "amount_cny": fen // 100,
                "purpose": "采购设备，补充流动资金",
                "term_months": 24,
                "guarantee_types": ["credit", "mortgage"],
                "existing_debt": random.choice((0, 2_000_000, 5_000_000)),
            },
        ),
        actor=owner,
        enterprise_id=enterprise_id,
        service=services()["FIN-01"],
        channel="web",
        now=at,
    )
    ticket = db.session.get_one(Ticket, filed.ticket_id)
    ticket.demo = True
    lead = _give(ticket, at=at)
    accept_ticket(actor=lead, ticket_id=ticket.id, now=at + step / 8)
    fits = [fit for fit in products_for(ticket, at.astimezone(zone_time()).date()) if fit.fits]
    chosen = {fit.product.institution_id: fit.product for fit in fits}
    # The first two banks have the sums that the zone reports.
    spared = sorted(chosen)[:2]
    wanted = [chosen[bank] for bank in sorted(chosen, reverse=True) if bank not in spared]
    wanted = wanted[: len(fates)]
    if not wanted:
        return 0
    answers = ask_banks(
        actor=owner,
        ticket_id=ticket.id,
        product_ids=[product.id for product in wanted],
        agreed=True,
        now=at + step / 4,
    )
    for answer, fate in zip(answers, fates, strict=False):
        _answer(owner, ticket, answer, fate, fen, at=at, step=step)
    return len(answers)


def _answer(
    owner: Actor,
    ticket: Ticket,
    answer: LoanAnswer,
    fate: str,
    fen: int,
    *,
    at: datetime,
    step: timedelta,
) -> None:
    bank = _bank(answer.institution_id)
    if bank is None or fate == "silent":
        return
    on: dict[str, Any] = {"actor": bank, "ticket_id": ticket.id}
    answering.take_up_request(**on, now=at + step / 2)
    talking.write_to(**on, body="您好，请补充近两年审计报告。", now=at + step / 2)
    if fate in {"examine", "approve", "accept"}:
        answering.examine_request(**on, now=at + step)
    if fate == "refuse":
        answering.refuse_request(
            **on,
            reason_code="collateral",
            comment="信用额度已接近上限，追加抵押后可再次申请。",
            now=at + step,
        )
    if fate == "withdraw":
        answering.withdraw_answer(**on, comment="本季度信贷规模已用完。", now=at + step)
    if fate in {"approve", "accept"}:
        answering.approve_line(
            **on,
            line_fen=fen * 4 // 5,
            rate_bp=45,
            months=24,
            guarantee="credit",
            valid_until=at.date() + timedelta(days=365),
            revolving=db.session.get_one(LoanProduct, answer.product_id).revolving,
            comment="可分次提款。",
            now=at + 2 * step,
        )
    if fate == "accept":
        accepting.accept_answer(
            actor=owner,
            ticket_id=ticket.id,
            institution_id=answer.institution_id,
            enough=False,
            now=at + 3 * step,
        )


def _give(ticket: Ticket, *, at: datetime) -> Actor:
    """Give a request to the finance member of its station, and name who acts there."""
    member = db.session.scalars(
        sa.select(Member)
        .join(Station, Station.id == Member.station_id)
        .where(Station.code == DEMO_STATION, Member.person_id.is_not(None))
        .order_by(Member.id)
    ).first()
    assert member is not None
    ticket.station_id, ticket.owner_id = member.station_id, member.id
    db.session.add(
        Assignment(
            ticket_id=ticket.id,
            enterprise_id=ticket.enterprise_id,
            member_id=member.id,
            from_at=at,
            to_at=None,
            how="round",
            reason="",
        )
    )
    db.session.flush()
    return Actor(
        role=Role.STATION_MEMBER,
        person_id=member.person_id,
        station_id=member.station_id,
        member_id=member.id,
        name=member.name_zh,
    )


def _owner(enterprise_id: int) -> Actor | None:
    return _acting(Membership.enterprise_id == enterprise_id, Role.ENTERPRISE_OWNER)


def _bank(institution_id: int) -> Actor | None:
    return _acting(Membership.institution_id == institution_id, Role.INSTITUTION_LEAD)


def _acting(where: sa.ColumnElement[bool], role: Role) -> Actor | None:
    row = db.session.execute(
        sa.select(Membership, Person.name_zh)
        .join(Person, Person.id == Membership.person_id)
        .where(where, Membership.role == role, Membership.ended_at.is_(None))
        .order_by(Membership.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return Actor(
        role=role,
        person_id=row.Membership.person_id,
        membership_id=row.Membership.id,
        enterprise_id=row.Membership.enterprise_id,
        institution_id=row.Membership.institution_id,
        name=row.name_zh,
    )

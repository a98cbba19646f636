"""A history of money as it may happen: requests, lines, payments late and early, corrections."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

import sqlalchemy as sa

from service_portal.access.actor import SYSTEM, Actor, Role
from service_portal.directory.models import Enterprise
from service_portal.facts.rules import Source
from service_portal.facts.services import Said, record_facts
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.money import correcting, paying, services
from service_portal.money.codes import RefusalReason
from service_portal.money.models import CreditLine, MoneyEntry
from tests.factories.accounts import create_person
from tests.factories.directory import create_enterprise, create_institution, park
from tests.factories.money import M, asked, drawn, noon, opened, refused, repaid

FIRST, LAST = date(2024, 11, 3), date(2026, 11, 24)
PRODUCTS = ("points", "quick", "patent")
INDUSTRIES = ("Robotics", "Software", "New materials")
STAGES = ("startup", "growth")


class History:
    """Lets banks and enterprises do what they may, day after day; what is refused did not happen.

    The same seed makes the same history.
    """

    def __init__(self, seed: int = 7) -> None:
        self.random = Random(seed)
        self.banks = [create_institution().id for _ in range(3)]
        self.firms = [self._firm(n) for n in range(9)]
        self.people = [Actor(role=Role.MANAGER, person_id=create_person().id) for _ in range(2)]
        self.asked: list[int] = []
        self.lines: list[int] = []
        self.slips: list[int] = []

    def _firm(self, n: int) -> Enterprise:
        """Make an enterprise; some are in no industry, and some in no stage."""
        industry = (*INDUSTRIES, "")[n % 4]
        firm = create_enterprise(
            park_id=park(("NH", "SS", "CC")[n % 3]).id, industry_en=industry, industry_zh=industry
        )
        if n % 3:
            stage = STAGES[n % 3 - 1]
            said = [
                Said(firm.id, year, code, value)
                for year in (2024, 2025, 2026)
                for code, value in (("points_stage", stage), ("points", Decimal(n * 13)))
            ]
            record_facts(said, actor=SYSTEM, source=Source.SCHEME, now=noon(FIRST))
        return firm

    def play(self, days: int = 160) -> None:
        """Let so many days pass with a few things on each."""
        spans = (LAST - FIRST).days
        for booked in sorted(
            FIRST + timedelta(days=self.random.randrange(spans)) for _ in range(days)
        ):
            for _ in range(4):
                with db.session.begin_nested():
                    try:
                        self._happen(booked)
                    except Refused:
                        continue

    def _happen(self, booked: date) -> None:
        late = self.random.choice((0, 0, 0, 2, 9, 40))
        day, now = booked - timedelta(days=late), noon(booked)
        act = self.random.choice(
            (
                self._ask,
                self._ask,
                self._answer,
                self._answer,
                self._answer,
                self._pay,
                self._pay,
                self._pay,
                self._pay,
                self._back,
                self._back,
                self._change,
                self._mark,
                self._correct,
                self._cancel,
            )
        )
        act(day, now)
        if self.random.random() < 0.1:
            services.expire_lines(now=now)

    def _ask(self, day: date, now: datetime) -> None:
        firm = self.random.choice(self.firms)
        self.asked.append(
            asked(
                day,
                self.random.randint(1, 90) * M // 7,
                now=now,
                enterprise_id=firm.id,
                institution_id=self.random.choice(self.banks),
                product_code=self.random.choice(PRODUCTS),
                first_time=self.random.random() < 0.4,
            )
        )

    def _answer(self, day: date, now: datetime) -> None:
        one = self.random.choice(self.asked or [0])
        if self.random.random() < 0.3:
            refused(one, day, now=now, reason_code=self.random.choice(list(RefusalReason)))
            return
        self.lines.append(
            opened(
                one,
                day,
                now=now,
                amount=self.random.randint(1, 90) * M // 7,
                months=self.random.choice((1, 6, 12, 36)),
                revolving=self.random.random() < 0.5,
            )
        )

    def _line(self) -> CreditLine | None:
        chosen = self.random.choice(self.lines or [0])
        return db.session.get(CreditLine, chosen, populate_existing=True)

    def _pay(self, day: date, now: datetime) -> None:
        line = self._line()
        if line is not None:
            amount = max(1, (line.amount - line.drawn + line.repaid) // self.random.randint(1, 4))
            self.slips.append(drawn(line.id, amount, day, now=now))

    def _back(self, day: date, now: datetime) -> None:
        line = self._line()
        if line is not None:
            amount = max(1, (line.drawn - line.repaid) // self.random.randint(1, 3))
            self.slips.append(repaid(line.id, amount, day, now=now))

    def _change(self, day: date, now: datetime) -> None:
        line = self._line()
        if line is not None:
            services.change_line(
                actor=SYSTEM,
                line_id=line.id,
                amount=max(1, line.amount * self.random.randint(6, 14) // 10),
                valid_until=self.random.choice((None, day + timedelta(days=200))),
                day=day,
                now=now,
            )

    def _mark(self, day: date, now: datetime) -> None:
        line = self._line()
        if line is not None:
            mark = self.random.choice((paying.mark_overdue, paying.mark_non_performing))
            amount = (line.drawn - line.repaid) // self.random.randint(1, 3)
            mark(actor=SYSTEM, line_id=line.id, amount=amount, day=day, now=now)

    def _cancel(self, day: date, now: datetime) -> None:
        line = self._line()
        if line is not None and self.random.random() < 0.4:
            services.cancel_line(actor=SYSTEM, line_id=line.id, day=day, now=now)

    def _correct(self, day: date, now: datetime) -> None:
        last = db.session.scalar(sa.select(sa.func.max(MoneyEntry.seq))) or 0
        seq = self.random.randint(1, last) if last else 0
        proposed = correcting.propose_correction(
            actor=self.people[0], seq=seq, note="entered twice", now=now
        )
        correcting.confirm_correction(actor=self.people[1], correction_id=proposed, now=now)


def create_finance(seed: int = 7, days: int = 160) -> None:
    """Make a history of money."""
    History(seed).play(days)

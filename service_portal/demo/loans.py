"""Who asks the demo's banks for how much, and what they get: lines that add up to what the zone's
report says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from service_portal.money.codes import MoneyKind

M = 100_000_000  # a million yuan in fen
STEP = M // 100
LINES, DRAWN, FIRMS = 30_120 * M, 19_300 * M, 286
POINTS_ASKED = 1_505 * M
SMALL_DRAWN, SMALL_UNUSED = 364 * M, 1_100 * M
DAYS = 900
POINTS, RUNNING = "points-loan", "working-capital"
# What each bank offers: the largest sum of each of its products, by code.
Offered = Mapping[int, Mapping[str, int]]


@dataclass
class Loan:
    """A request at a bank and what became of it; amounts in fen, days counted from the first."""

    firm: Any
    bank_id: int
    product: str
    asked: int
    asked_on: int
    answer: MoneyKind | None = MoneyKind.APPROVED
    answered_on: int = 0
    line: int = 0
    days: int = 0
    revolving: bool = False
    drawn: int = 0
    first_time: bool = False

    @property
    def live(self) -> bool:
        """Say whether its line is valid at the end."""
        return self.answer is MoneyKind.APPROVED and self.answered_on + self.days >= DAYS


def plot_loans(
    random: Random, offered: Offered, firms: list[Any], points: Mapping[int, float]
) -> list[Loan]:
    """Let enterprises ask: 286 of them will draw, some at two banks, others get a line they do not
    use, or none; the more points, the likelier a line. The first bank has the points loans, the
    second is the small one.
    """
    banks = list(offered)

    def ask(firm: Any, bank_id: int, **how: Any) -> Loan:
        kinds = [code for code in offered[bank_id] if code != POINTS]
        return _loan(random, firm, bank_id, random.choice(kinds), **how)

    firms = _drawn_by(random, firms, lambda firm: 20 + points.get(firm.id, 0))
    loans = [ask(firm, random.choice(banks[2:] + banks[:1])) for firm in firms[:210]]
    loans += [_loan(random, firm, banks[0], POINTS, small=True) for firm in firms[210:272]]
    loans += [_loan(random, firm, banks[1], RUNNING) for firm in firms[272:FIRMS]]
    # A second line, at another bank than the first.
    for loan in loans[:110]:
        others = [bank for bank in banks[2:] if bank != loan.bank_id]
        loans.append(ask(loan.firm, random.choice(others)))
    loans += [ask(firm, random.choice(banks[2:]), used=False) for firm in firms[FIRMS : FIRMS + 34]]
    loans += [
        _loan(random, firm, banks[1], RUNNING, used=False)
        for firm in firms[FIRMS + 34 : FIRMS + 40]
    ]
    for firm in _drawn_by(random, firms, lambda firm: 110 - points.get(firm.id, 0))[:190]:
        how: dict[str, Any] = {
            "answer": random.choice(
                (MoneyKind.REFUSED, MoneyKind.REFUSED, MoneyKind.REFUSED, MoneyKind.WITHDRAWN, None)
            ),
            "small": True,
        }
        loans.append(
            _loan(random, firm, banks[0], POINTS, **how)
            if random.random() < 0.35
            else ask(firm, random.choice(banks), **how)
        )
    _fit(loans, banks[1])
    for loan in loans:
        _suit(loan, offered[loan.bank_id])
    return loans


def _drawn_by(random: Random, firms: list[Any], chance: Callable[[Any], float]) -> list[Any]:
    """Draw enterprises one after the other, the likelier the larger their chance."""
    drawn = [(random.random() ** (1 / chance(firm) ** 2), firm.id, firm) for firm in firms]
    return [firm for _place, _id, firm in sorted(drawn, reverse=True)]


def _suit(loan: Loan, offered: Mapping[str, int]) -> None:
    """Let a request be of the smallest product of its bank that reaches so far, if its own does
    not.
    """
    if loan.asked > offered[loan.product] and loan.product != POINTS:
        reaching = [code for code, most in offered.items() if most >= loan.asked]
        if reaching:
            loan.product = min(reaching, key=lambda code: offered[code])
        loan.revolving = False


def _loan(
    random: Random,
    firm: Any,
    bank_id: int,
    product: str,
    *,
    answer: MoneyKind | None = MoneyKind.APPROVED,
    used: bool = True,
    small: bool = False,
) -> Loan:
    took = int(random.triangular(2, 45, 9))
    asked_on = random.randint(*((DAYS - 18, DAYS) if answer is None else (0, DAYS - 50)))
    size = random.lognormvariate(2.0, 0.6) if small else random.lognormvariate(3.9, 0.8)
    asked = round_down(int(min(size, 420) * M))
    loan = Loan(
        firm,
        bank_id,
        product,
        asked,
        asked_on,
        answer=answer,
        answered_on=asked_on + took,
        first_time=random.random() < 0.31,
    )
    if answer is MoneyKind.APPROVED:
        loan.line = round_down(int(asked * random.choice((1, 1, 0.9, 0.8, 0.6))))
        loan.days = random.choice((365, 730, 1095, 1095, 1825))
        loan.revolving = product == RUNNING and random.random() < 0.7
        loan.drawn = int(loan.line * random.uniform(0.35, 0.95)) if used else 0
    return loan


def round_down(fen: int) -> int:
    """Give an amount in whole steps of ten thousand yuan, at least one."""
    return max(STEP, fen // STEP * STEP)


def _fit(loans: list[Loan], small_bank: int) -> None:
    """Scale the lines, so that they add up to what the report says to within a rounding."""
    small = [loan for loan in loans if loan.bank_id == small_bank and loan.line]
    for loan in small:
        loan.revolving, loan.days = False, DAYS + 400
    others = [loan for loan in loans if loan.bank_id != small_bank and loan.line]
    points = [loan for loan in loans if loan.product == POINTS]
    share = Decimal(POINTS_ASKED) / sum(loan.asked for loan in points)
    for loan in points:
        loan.asked, loan.line, loan.drawn = (
            _scaled(part, share) for part in (loan.asked, loan.line, loan.drawn)
        )
    points[0].asked += POINTS_ASKED - sum(loan.asked for loan in points)
    _scale(small, "line", SMALL_DRAWN + SMALL_UNUSED)
    _scale([loan for loan in small if loan.drawn], "drawn", SMALL_DRAWN)
    free = [loan for loan in others if loan.live and loan.product != POINTS]
    lines_of_points = sum(loan.line for loan in points if loan.live)
    _scale(free, "line", LINES - SMALL_DRAWN - SMALL_UNUSED - lines_of_points)
    for loan in others:
        loan.drawn = min(loan.drawn, loan.line * 9 // 10)
    given = sum(loan.drawn for loan in points) + SMALL_DRAWN
    used = [loan for loan in others if loan.drawn and loan.product != POINTS]
    _scale(used, "drawn", DRAWN - given)
    for loan in loans:
        loan.asked = max(loan.asked, loan.line) if loan.product != POINTS else loan.asked
        loan.line = min(loan.line, loan.asked) if loan.product == POINTS else loan.line


def _scaled(fen: int, share: Decimal) -> int:
    return round_down(int(fen * share)) if fen else 0


def _scale(loans: list[Loan], name: str, total: int) -> None:
    """Let an amount of some loans add up to a total; what is left over goes to those with room."""
    share = Decimal(total) / sum(getattr(loan, name) for loan in loans)
    for loan in loans:
        scaled = _scaled(getattr(loan, name), share)
        setattr(loan, name, min(scaled, loan.line) if name == "drawn" else scaled)
    left = total - sum(getattr(loan, name) for loan in loans)
    for loan in sorted(loans, key=lambda one: one.line - one.drawn, reverse=True):
        room = (
            left if name == "line" else max(-loan.drawn + STEP, min(left, loan.line - loan.drawn))
        )
        setattr(loan, name, getattr(loan, name) + room)
        left -= room
        if not left:
            return
    raise AssertionError(f"{left} fen have no line")

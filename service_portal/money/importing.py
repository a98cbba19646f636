"""Slips of a bank from a file: each counts once, and one bad row stops all of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.directory.models import Enterprise
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.money.booking import free_key
from service_portal.money.codes import MoneyKind
from service_portal.money.models import CreditLine, MoneyEntry
from service_portal.money.paying import draw, key_of_slip, repay, say_known
from service_portal.web.amounts import fen_in

COLUMNS = ("slip", "line", "uscc", "kind", "day", "amount")
_KINDS = {
    "drawn": MoneyKind.DRAWN,
    "放款": MoneyKind.DRAWN,
    "repaid": MoneyKind.REPAID,
    "还款": MoneyKind.REPAID,
}
# As spreadsheets write days: 2026-11-27, 2026/11/7, 2026年11月7日.
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")


@dataclass
class Imported:
    """How a file went: what was booked, what was there already, and what is wrong in which row."""

    booked: int = 0
    known: int = 0
    errors: list[tuple[int, str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Slip:
    slip: str
    line: CreditLine
    kind: MoneyKind
    day: date
    amount: int

    def is_as(self, entry: MoneyEntry) -> bool:
        """Say whether an entry is this slip."""
        return (entry.line_id, entry.kind, entry.day, entry.amount) == (
            self.line.id,
            self.kind,
            self.day,
            self.amount,
        )


def import_slips(
    rows: list[tuple[int, dict[str, str]]], *, actor: Actor, institution_id: int, now: datetime
) -> Imported:
    """Book the slips of a bank in the order of their days; a slip that is booked already, just as
    it says, is passed over.

    The caller undoes everything when there are errors, so that a mended file can be sent whole.
    """
    result = Imported()
    if not rows:
        result.errors.append((1, "", _("There is no row in the file.")))
        return result
    missing = [name for name in COLUMNS if name not in rows[0][1]]
    if missing:
        result.errors += [
            (1, name, _("The column “%(name)s” is missing from the first row.", name=name))
            for name in missing
        ]
        return result
    read: list[tuple[int, _Slip]] = []
    seen: dict[str, int] = {}
    for number, row in rows:
        one, wrong = _read(row, institution_id)
        slip = row.get("slip", "").strip()
        if slip and slip in seen:
            same = _("Row %(n)d has the same number.", n=seen[slip])
            wrong.append(Refused(same, field="slip"))
        seen.setdefault(slip, number)
        result.errors += [(number, one.field or "", str(one.message)) for one in wrong]
        if one is not None and not wrong:
            read.append((number, one))
    for number, one in sorted(read, key=lambda pair: (pair[1].day, pair[0])):
        try:
            with db.session.begin_nested():
                _book(one, result, actor=actor, now=now)
        except Refused as refusal:
            result.errors.append((number, refusal.field or "", str(refusal.message)))
    result.errors.sort()
    return result


def _book(one: _Slip, result: Imported, *, actor: Actor, now: datetime) -> None:
    _key, there = free_key(key_of_slip(one.line.institution_id, one.slip))
    if there is not None:
        if not one.is_as(there):
            raise Refused(say_known(there), field="slip")
        result.known += 1
        return
    act = draw if one.kind == MoneyKind.DRAWN else repay
    act(
        actor=actor,
        line_id=one.line.id,
        amount=one.amount,
        slip=one.slip,
        day=one.day,
        now=now,
    )
    result.booked += 1


def _read(row: dict[str, str], institution_id: int) -> tuple[_Slip | None, list[Refused]]:
    """Read a row, or give everything that is wrong with it."""
    said = {name: row.get(name, "").strip() for name in COLUMNS}
    readers: tuple[Callable[[], Any], ...] = (
        lambda: _slip(said["slip"]),
        lambda: _line(said, institution_id),
        lambda: _kind(said["kind"]),
        lambda: _day(said["day"]),
        lambda: _fen(said["amount"]),
    )
    read, wrong = [], []
    for reader in readers:
        try:
            read.append(reader())
        except Refused as refusal:
            wrong.append(refusal)
    return (None if wrong else _Slip(*read)), wrong


def _slip(text: str) -> str:
    if not 0 < len(text) <= 60:
        raise Refused(_("Enter the bank's number of the slip."), field="slip")
    return text


def _kind(text: str) -> MoneyKind:
    kind = _KINDS.get(text.lower())
    if kind is None:
        raise Refused(_("Write drawn (放款) or repaid (还款)."), field="kind")
    return kind


def _line(said: dict[str, str], institution_id: int) -> CreditLine:
    number = said["line"].removesuffix(".0")
    line = (
        db.session.get(CreditLine, int(number))
        if number.isascii() and number.isdigit() and len(number) < 18
        else None
    )
    if line is None or line.institution_id != institution_id:
        raise Refused(_("Your bank has no line of this number."), field="line")
    if db.session.get_one(Enterprise, line.enterprise_id).uscc != said["uscc"].upper():
        raise Refused(
            _("This line belongs to another enterprise; compare line and code."), field="uscc"
        )
    return line


def _day(text: str) -> date:
    found = _DAY.fullmatch(text.split(" ", maxsplit=1)[0])
    try:
        return date(*map(int, found.groups() if found else ()))
    except (TypeError, ValueError):
        raise Refused(_("Write a day such as 2026-11-27."), field="day") from None


def _fen(text: str) -> int:
    fen = fen_in(text)
    if fen is None:
        raise Refused(_("Write a sum of money in yuan, such as 3000000."), field="amount")
    return fen

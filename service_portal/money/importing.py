"""Slips of a bank from a file: each counts once, and one bad row stops all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

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
        try:
            one = _read(row, institution_id)
            if one.slip in seen:
                raise Refused(_("Row %(n)d has the same number.", n=seen[one.slip]), field="slip")
            seen[one.slip] = number
            read.append((number, one))
        except Refused as refusal:
            result.errors.append((number, refusal.field or "", str(refusal.message)))
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


def _read(row: dict[str, str], institution_id: int) -> _Slip:
    said = {name: row.get(name, "").strip() for name in COLUMNS}
    if not 0 < len(said["slip"]) <= 60:
        raise Refused(_("Enter the bank's number of the slip."), field="slip")
    kind = _KINDS.get(said["kind"].lower())
    if kind is None:
        raise Refused(_("Write drawn (放款) or repaid (还款)."), field="kind")
    return _Slip(
        said["slip"], _line(said, institution_id), kind, _day(said["day"]), _fen(said["amount"])
    )


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
    try:
        return date.fromisoformat(text.split(" ", maxsplit=1)[0].replace("/", "-"))
    except ValueError:
        raise Refused(_("Write a day such as 2026-11-27."), field="day") from None


def _fen(text: str) -> int:
    fen = fen_in(text)
    if fen is None:
        raise Refused(_("Write a sum of money in yuan, such as 3000000."), field="amount")
    return fen

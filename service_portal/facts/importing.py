"""Facts from files: a row an enterprise and year, a column a fact; taken whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.facts.kinds import KINDS, FactKind, Unfit, read_text
from service_portal.facts.rules import Source
from service_portal.facts.services import Said, record_facts
from service_portal.facts.words import FAULT_WORDS
from service_portal.kernel.db import db

Rows = list[tuple[int, dict[str, str]]]
USCC, YEAR = "uscc", "year"
NAMED = {"统一社会信用代码": USCC, "年度": YEAR, "年份": YEAR}
AT_ONCE = 5_000


@dataclass
class Taken:
    """What a file says: how many values are new or said already, or what is wrong, as (row number,
    column, sentence).
    """

    values: int = 0
    enterprises: int = 0
    new: int = 0
    errors: list[tuple[int, str, str]] = field(default_factory=list)


def columns() -> dict[str, FactKind]:
    """Give what a column may be called: the code of a fact, or its name in either language."""
    stated = [kind for kind in KINDS.values() if kind.is_stated]
    return {name: kind for kind in stated for name in (kind.code, kind.name.en, kind.name.zh)}


def take_facts(
    rows: Rows,
    *,
    actor: Actor,
    source: Source,
    reference: str,
    now: datetime,
    apply: bool,
) -> Taken:
    """Check every cell and, with `apply` and no error at all, write them as one source's word."""
    taken, known = Taken(), columns()
    header = list(rows[0][1]) if rows else []
    named = {name: NAMED.get(name, name.strip().lower()) for name in header}
    for needed in (USCC, YEAR):
        if needed not in named.values():
            taken.errors.append(
                (1, needed, _("The column “%(name)s” is missing from the first row.", name=needed))
            )
    if taken.errors:
        return taken
    kinds = {name: known[name] for name in header if name in known}
    taken.errors.extend(
        (1, name, _("There is no such column; the list below names those there are."))
        for name in header
        if name and name not in kinds and named[name] not in {USCC, YEAR}
    )
    lines = [
        (number, {named[name]: text for name, text in line.items() if name not in kinds}, line)
        for number, line in rows
    ]
    ids = _enterprises(of[USCC].strip().upper() for _number, of, _line in lines)
    said: list[Said] = []
    seen: dict[tuple[int, int], int] = {}
    for number, of, line in lines:
        enterprise_id = ids.get(of[USCC].strip().upper())
        year = _year(of[YEAR])
        if enterprise_id is None:
            taken.errors.append((number, USCC, _("No enterprise of the zone has this code.")))
        if year is None:
            taken.errors.append((number, YEAR, _("Write a year, such as 2025.")))
        if enterprise_id is None or year is None:
            continue
        if seen.setdefault((enterprise_id, year), number) != number:
            taken.errors.append(
                (number, USCC, _("Row %(n)d has the same code.", n=seen[enterprise_id, year]))
            )
            continue
        said += _said(taken, number, kinds, line, enterprise_id, year, reference)
    taken.values, taken.enterprises = len(said), len({one.enterprise_id for one in said})
    if apply and not taken.errors:
        for first in range(0, len(said), AT_ONCE):
            some = said[first : first + AT_ONCE]
            taken.new += len(record_facts(some, actor=actor, source=source, now=now))
    return taken


def _said(
    taken: Taken,
    number: int,
    kinds: Mapping[str, FactKind],
    line: Mapping[str, str],
    enterprise_id: int,
    year: int,
    reference: str,
) -> Iterable[Said]:
    for name, kind in kinds.items():
        text = line.get(name, "")
        if not text.strip():
            continue
        try:
            value = read_text(kind, text)
        except Unfit as unfit:
            taken.errors.append((number, name, str(FAULT_WORDS[unfit.fault])))
            continue
        yield Said(enterprise_id, year, kind.code, value, reference)


def _enterprises(codes: Iterable[str]) -> dict[str, int]:
    rows = db.session.execute(
        sa.text("SELECT uscc, id FROM enterprise WHERE uscc = ANY(:codes)"),
        {"codes": sorted(set(codes))},
    )
    return {row.uscc: row.id for row in rows}


def _year(text: str) -> int | None:
    said = text.strip().partition(".")[0]
    return int(said) if said.isdigit() and 2000 <= int(said) <= 2100 else None

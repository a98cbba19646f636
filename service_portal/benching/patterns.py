"""Turns tickets that exist into patterns from which any number of others can be printed: the same rows under new ids, whole weeks earlier.

A pattern keeps the text `COPY` gives for each row and knows the places where an id, a reference or a
date stands. Whole weeks keep weekday and hour, so working times stay plausible.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import itemgetter
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql

from service_portal.kernel.db import db

# What hangs on a ticket and is printed as it stands. The ledger is chained, so it has a printer of its own.
TABLES = ("ticket", "timeline_entry", "message", "decision", "assignment", "offer", "service_event", "clock", "clock_pause", "alarm", "rating")
NUMBERED = ("service_event", "clock")
_PARENTS = {"clock_id": "clock", "service_event_id": "service_event"}

# The first values of every print: ticket id, reference, the reference in small letters, first id of its clocks, of its service events.
TICKET, REFERENCE, SMALL, CLOCK, EVENT, FIRST_FREE = 0, 1, 2, 3, 4, 5

Row = list[str | None]


@dataclass(slots=True)
class Usage:
    """One ledger entry of a pattern: what is hashed and stored of it, around the values that change."""

    day: date
    rest_of_day: str
    epoch: int
    micro: str
    before_ticket: str
    after_ticket: str
    event_index: int | None
    tail: str
    key: tuple[str, ...]
    columns: tuple[str, str, str]


@dataclass(slots=True)
class Pattern:
    """One ticket to print from: per table the text with gaps and what goes into them, its dates and its ledger entries."""

    is_open: bool
    park_code: str
    filed_on: date
    printers: dict[str, tuple[str, Callable[[list[Any]], Any]]]
    days: list[int]
    clocks: int
    events: int
    filed_by_id: int | None
    owner_id: int | None
    kinds: list[str]
    usages: list[Usage] = field(default_factory=list)


class _Gaps:
    """Collects the gaps of one ticket's rows while they are turned into a text with `%s`."""

    def __init__(self, reference: str) -> None:
        self.reference, self.days = reference, {}
        self.places: list[tuple[str, int]] = []

    def day(self, ordinal: int) -> tuple[str, int]:
        """Give the place of a date."""
        return ("day", self.days.setdefault(ordinal, len(self.days)))


def columns_of(table: str) -> list[sa.Column[Any]]:
    """Give the columns that are printed: all but an id the database gives by itself."""
    return [column for column in db.metadata.tables[table].columns if column.name != "id" or table in NUMBERED or table == "ticket"]


def _read(connection: psycopg.Connection[Any], table: str, wanted: str) -> Iterator[Row]:
    names = sql.SQL(", ").join(sql.Identifier(table, column.name) for column in columns_of(table))
    owner, source = "ticket_id", sql.Identifier(table)
    if table == "clock_pause":
        source, owner = sql.SQL("clock_pause JOIN clock ON clock.id = clock_pause.clock_id"), "clock.ticket_id"
    query = sql.SQL("COPY (SELECT {owner}, {names} FROM {source} WHERE {owner} IN ({wanted}) ORDER BY 1, {order}) TO STDOUT").format(
        owner=sql.SQL("id" if table == "ticket" else owner), names=names, source=source, wanted=sql.SQL(wanted), order=sql.SQL("2" if table == "rating" else f"{table}.id")
    )
    with connection.cursor().copy(query) as copy:
        yield from (line.split("\t") for line in b"".join(copy).decode().splitlines())


def read_patterns(connection: psycopg.Connection[Any], *, wanted: str) -> list[Pattern]:
    """Read the tickets that `wanted`, a query of ids, names. Tickets with a reversed ledger entry are no patterns."""
    rows: dict[str, dict[str, list[Row]]] = {}
    for table in TABLES:
        rows[table] = defaultdict(list)
        for ticket_id, *row in _read(connection, table, wanted):
            rows[table][str(ticket_id)].append(row)
    usages = _usages(connection, wanted)
    parks = {str(row[0]): row[1] for row in connection.execute("SELECT id, code FROM park")}
    return [_pattern(rows, ticket_id, own, parks, usages.get(int(ticket_id), [])) for ticket_id, (own,) in rows["ticket"].items()]


def _pattern(rows: dict[str, dict[str, list[Row]]], ticket_id: str, own: Row, parks: dict[str, str], usages: list[Any]) -> Pattern:
    at = {column.name: n for n, column in enumerate(columns_of("ticket"))}
    gaps = _Gaps(own[at["reference"]] or "")
    ids = {table: {row[0]: n for n, row in enumerate(rows[table].get(ticket_id, []))} for table in NUMBERED}
    texts = {table: _text(table, rows[table].get(ticket_id, []), gaps, ids) for table in TABLES}
    known = {int(key): n for key, n in ids["service_event"].items() if key}
    made = [_usage(row, known) for row in usages]
    for usage in made:
        gaps.day(usage.day.toordinal())
    first_day = FIRST_FREE
    printers = {}
    for table, (text, places) in texts.items():
        if text:
            indices = [first_day + n if kind == "day" else n for kind, n in places if kind in {"day", "fixed"}]
            printers[table] = (text, itemgetter(*indices) if len(indices) > 1 else _single(indices[0]))
    entries = rows["timeline_entry"].get(ticket_id, [])
    kind_at = [column.name for column in columns_of("timeline_entry")].index("kind")
    number = {name: own[at[name]] for name in ("filed_by_id", "owner_id")}
    return Pattern(
        is_open=own[at["status"]] not in {"closed", "withdrawn", "not_accepted", "merged", "archived"}, park_code=parks[own[at["park_id"]] or ""],
        filed_on=date.fromisoformat((own[at["filed_at"]] or "")[:10]), printers=printers, days=list(gaps.days), clocks=len(ids["clock"]), events=len(ids["service_event"]),
        filed_by_id=_whole(number["filed_by_id"]), owner_id=_whole(number["owner_id"]), kinds=[entry[kind_at] or "" for entry in entries], usages=made,
    )  # fmt: skip


def _single(index: int) -> Callable[[list[Any]], Any]:
    return lambda values: (values[index],)


def _whole(text: str | None) -> int | None:
    return None if text in (None, r"\N") else int(text)


def _text(table: str, rows: list[Row], gaps: _Gaps, ids: dict[str, dict[str | None, int]]) -> tuple[str, list[tuple[str, int]]]:
    lines, places = [], []
    for row in rows:
        cells = []
        for column, value in zip(columns_of(table), row, strict=True):
            cells.append(_cell(table, column, value or "", gaps, ids, places))
        lines.append("\t".join(cells) + "\n")
    return "".join(lines), places


def _cell(table: str, column: sa.Column[Any], value: str, gaps: _Gaps, ids: dict[str, dict[str | None, int]], places: list[tuple[str, int]]) -> str:
    if value == r"\N":
        return value
    if column.name == "ticket_id" or (table == "ticket" and column.name == "id"):
        places.append(("fixed", TICKET))
        return "%s"
    if column.name == "id" or column.name in _PARENTS:
        kind = table if column.name == "id" else _PARENTS[column.name]
        places.append(("fixed", CLOCK if kind == "clock" else EVENT))
        return f"%s+{ids[kind][value]}"
    if isinstance(column.type, (sa.DateTime, sa.Date)):
        places.append(gaps.day(date.fromisoformat(value[:10]).toordinal()))
        return "%s" + value[10:]
    text = value.replace("%", "%%")
    for word, place in ((gaps.reference, REFERENCE), (gaps.reference.lower(), SMALL)):
        places += [("fixed", place)] * text.count(word)
        text = text.replace(word, "%s")
    return text


_USAGES = """
    SELECT at, day, measure, quantity, minutes, persons, ticket_id, enterprise_id, station_id, institution_id, park_id, category_code, service_code,
        service_event_id, rule_version, actor_person_id, unique_key
    FROM usage_entry WHERE ticket_id IN ({}) AND quantity = 1 AND reason = '' ORDER BY seq
"""


def _usages(connection: psycopg.Connection[Any], wanted: str) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(sql.SQL(_USAGES).format(sql.SQL(wanted))):
        found[row[6]].append(row)
    return found


def _usage(row: Any, events: dict[int, int]) -> Usage:
    at, day, measure, quantity, minutes, persons, ticket_id, enterprise_id, station_id, institution_id, park_id, category, service, event, rule, actor, key = row
    null = "null" if institution_id is None else str(institution_id)
    head, sep, rest = key.partition(f":{ticket_id}:")
    keys = (head + ":", sep and ":" + rest[:-10], "day") if measure == "event" else (head + ":", ":" + rest)
    who = "null" if actor is None else str(actor)
    cells = (f"{measure}\t{quantity}\t{minutes}\t{persons}", f"{enterprise_id}\t{station_id}\t{_copied(institution_id)}\t{park_id}\t{category}\t{service}", f"{rule}\t{_copied(actor)}")
    return Usage(
        day=day, rest_of_day=at.strftime(" %H:%M:%S.%f+00"), epoch=int(at.timestamp()), micro=f"{at.microsecond:06d}",
        before_ticket=f'"{measure}", {quantity}, {minutes}, {persons}, ', after_ticket=f', {enterprise_id}, {station_id}, {null}, {park_id}, "{category}", "{service}", ',
        event_index=None if event is None else events[event], tail=f", {rule}, {who}, ", key=keys, columns=cells,
    )  # fmt: skip


def _copied(value: Any) -> str:
    return r"\N" if value is None else str(value)


def week_before(day: date, weeks: int) -> date:
    """Give the day whole weeks earlier."""
    return day - timedelta(weeks=weeks)

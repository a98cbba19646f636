"""Turns tickets that exist into patterns from which any number of others can be printed: the same
rows under new ids, whole weeks earlier.

A pattern keeps the text `COPY` gives for its rows, with a gap wherever an id, the reference or a
date stands. Whole weeks keep weekday and hour, so that working times stay plausible.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import Any

import psycopg
import sqlalchemy as sa

from service_portal.kernel.db import db
from service_portal.tickets.rules import OPEN

# What hangs on a ticket and is printed as it stands. The ledger is chained by the database, so it
# has a printer of its own.
TABLES = (
    "ticket",
    "ticket_words",
    "timeline_entry",
    "message",
    "decision",
    "assignment",
    "offer",
    "service_event",
    "clock",
    "clock_pause",
    "alarm",
    "rating",
)
# Tables whose ids others point at; those of all others are given by the database.
NUMBERED = ("ticket", "clock", "service_event")
PARENTS = {"ticket_id": "ticket", "clock_id": "clock", "service_event_id": "service_event"}
NULL = r"\N"

# A gap: what it is filled with, and which one of the ticket's dates, clocks or service events.
Gap = tuple[str, int]
Row = list[str]
Printer = tuple[str, Callable[[list[Any]], Any]]


@dataclass(slots=True)
class Usage:
    """One ledger entry of a pattern: its cells around what changes."""

    day: int
    hour: str
    stored: tuple[str, str, str]
    event: int | None
    key: Callable[[int, str], str]


@dataclass(slots=True)
class Pattern:
    """One ticket to print from.

    What is printed is filled from one list: ticket id, reference, reference in small letters,
    dates, clock ids, event ids.
    """

    is_open: bool
    park_code: str
    filed_day: int
    filed_by_id: int | None
    enterprise_id: int
    owner_id: int | None
    kinds: list[str]
    days: list[int]
    clocks: int
    events: int
    printers: dict[str, Printer]
    usages: list[Usage] = field(default_factory=list)


def columns_of(table: str) -> list[sa.Column[Any]]:
    """Give the columns that are printed: all but an id nobody points at."""
    return [
        column
        for column in db.metadata.tables[table].columns
        if column.name != "id" or table in NUMBERED
    ]


def read_patterns(connection: psycopg.Connection[Any], *, wanted: str) -> list[Pattern]:
    """Read the tickets that `wanted`, a query of ids, names."""
    rows: dict[str, dict[int, list[Row]]] = {table: defaultdict(list) for table in TABLES}
    for table in TABLES:
        for ticket_id, *row in _read(connection, table, wanted):
            rows[table][int(ticket_id)].append(row)
    parks = {str(row[0]): row[1] for row in connection.execute("SELECT id, code FROM park")}
    usages: dict[int, list[Any]] = defaultdict(list)
    for entry in connection.execute(_USAGES.format(wanted).encode()):
        usages[entry[6]].append(entry)
    return [
        _Reader({table: rows[table][ticket_id] for table in TABLES}, parks).pattern(
            usages[ticket_id]
        )
        for ticket_id in rows["ticket"]
    ]


def _read(connection: psycopg.Connection[Any], table: str, wanted: str) -> Iterator[Row]:
    names = ", ".join(f'{table}."{column.name}"' for column in columns_of(table))
    source = (
        "clock_pause JOIN clock ON clock.id = clock_pause.clock_id"
        if table == "clock_pause"
        else table
    )
    owner = {"ticket": "ticket.id", "clock_pause": "clock.ticket_id"}.get(
        table, f"{table}.ticket_id"
    )
    order = {"rating": "rating.cycle", "ticket_words": owner}.get(table, f"{table}.id")
    with connection.cursor().copy(
        f"COPY (SELECT {owner}, {names} FROM {source} WHERE {owner} IN ({wanted}) ORDER BY {owner},"
        f" {order}) TO STDOUT".encode()
    ) as copy:
        yield from (line.split("\t") for line in b"".join(map(bytes, copy)).decode().splitlines())


_USAGES = """
    SELECT at, day, measure, quantity, minutes, persons, ticket_id, enterprise_id, station_id,
        institution_id, park_id, category_code, service_code,
        service_event_id, rule_version, actor_person_id, unique_key
    FROM usage_entry WHERE ticket_id IN ({}) ORDER BY seq
"""


class _Reader:
    """Makes the pattern of one ticket out of its rows."""

    def __init__(self, rows: dict[str, list[Row]], parks: dict[str, str]) -> None:
        self.rows = rows
        own = {
            column.name: value
            for column, value in zip(columns_of("ticket"), rows["ticket"][0], strict=True)
        }
        self.own, self.park_code = own, parks[own["park_id"]]
        self.days: dict[int, int] = {}
        self.ids = {table: {row[0]: n for n, row in enumerate(rows[table])} for table in NUMBERED}

    def pattern(self, usages: list[Any]) -> Pattern:
        """Give the pattern."""
        texts = {table: self._text(table) for table in TABLES}
        made = [self._usage(*row) for row in usages]
        kind = [column.name for column in columns_of("timeline_entry")].index("kind")
        return Pattern(
            is_open=self.own["status"] in OPEN,
            park_code=self.park_code,
            filed_day=date.fromisoformat(self.own["filed_at"][:10]).toordinal(),
            filed_by_id=_whole(self.own["filed_by_id"]),
            enterprise_id=int(self.own["enterprise_id"]),
            owner_id=_whole(self.own["owner_id"]),
            kinds=[row[kind] for row in self.rows["timeline_entry"]],
            days=list(self.days),
            clocks=len(self.ids["clock"]),
            events=len(self.ids["service_event"]),
            printers={
                table: (text, self._filler(gaps)) for table, (text, gaps) in texts.items() if text
            },
            usages=made,
        )

    def _filler(self, gaps: list[Gap]) -> Callable[[list[Any]], Any]:
        days = 3
        clocks = days + len(self.days)
        start = {
            "ticket": 0,
            "reference": 1,
            "small": 2,
            "day": days,
            "clock": clocks,
            "service_event": clocks + len(self.ids["clock"]),
        }
        return itemgetter(*(start[kind] + n for kind, n in gaps))

    def _day(self, ordinal: int) -> int:
        return self.days.setdefault(ordinal, len(self.days))

    def _text(self, table: str) -> tuple[str, list[Gap]]:
        gaps: list[Gap] = []
        lines = [
            "\t".join(
                self._cell(table, column, value, gaps)
                for column, value in zip(columns_of(table), row, strict=True)
            )
            for row in self.rows[table]
        ]
        return "".join(f"{line}\n" for line in lines), gaps

    def _cell(self, table: str, column: sa.Column[Any], value: str, gaps: list[Gap]) -> str:
        if value == NULL:
            return value
        parent = table if column.name == "id" else PARENTS.get(column.name)
        if parent is not None:
            gaps.append((parent, self.ids[parent][value]))
            return "%s"
        if isinstance(column.type, (sa.DateTime, sa.Date)):
            gaps.append(("day", self._day(date.fromisoformat(value[:10]).toordinal())))
            return "%s" + value[10:]
        reference, text = self.own["reference"], value.replace("%", "%%")
        for word, kind in ((reference, "reference"), (reference.lower(), "small")):
            gaps += [(kind, 0)] * text.count(word)
            text = text.replace(word, "%s")
        return text

    def _usage(
        self,
        at: Any,
        day: date,
        measure: str,
        quantity: int,
        minutes: int,
        persons: int,
        ticket_id: int,
        enterprise_id: int,
        station_id: int,
        institution_id: int | None,
        park_id: int,
        category: str,
        service: str,
        event_id: int | None,
        rule: int,
        actor: int | None,
        key: str,
    ) -> Usage:
        local, utc = day.toordinal(), at.date().toordinal()
        self._day(local), self._day(utc)
        parts = key.split(":")
        head, tail = ":".join(parts[:-1]).removesuffix(f":{ticket_id}"), parts[-1]
        provider = parts[3] if measure == "event" else ""
        return Usage(
            day=self.days[local],
            hour=f"{self.days[utc]}|{at:%H:%M:%S.%f}+00",
            stored=(
                f"{measure}\t{quantity}\t{minutes}\t{persons}",
                f"{enterprise_id}\t{station_id}\t{_or(institution_id, NULL)}\t{park_id}"
                f"\t{category}\t{service}",
                f"{rule}\t{_or(actor, NULL)}",
            ),
            event=None if event_id is None else self.ids["service_event"][str(event_id)],
            key=(
                (lambda ticket, on: f"event:{enterprise_id}:{ticket}:{provider}:{on}")
                if measure == "event"
                else (lambda ticket, _on: f"{head}:{ticket}:{tail}")
            ),
        )


def _or(value: Any, nothing: str) -> str:
    return nothing if value is None else str(value)


def _whole(text: str) -> int | None:
    return None if text == NULL else int(text)

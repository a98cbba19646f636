"""Fills a throw-away database with any number of tickets by `COPY`, with everything that hangs on
them, and gives it its statistics.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from random import Random
from time import perf_counter
from typing import Any

import psycopg

from service_portal.events.subscriptions import LISTENERS
from tests.bench import chaining, rebuilding
from tests.bench.patterns import NULL, TABLES, Pattern, columns_of, read_patterns

SEED = 20_261
BATCH = 5_000
# The tickets lie over four years, whatever their number.
WEEKS = 208
# How many are open at once does not depend on how old the zone is; they fill the first page of most
# members' queues.
OPEN_TICKETS = 6_000
KEPT_DAYS = 7
_OWN = {
    "usage_entry": (
        "seq, at, day, month, measure, quantity, minutes, persons, ticket_id, enterprise_id,"
        " station_id, institution_id, park_id, category_code, service_code, rule_version,"
        " actor_person_id, service_event_id, unique_key"
    ),
    "outbox": (
        "event, task, ticket_id, payload, created_at, available_at, attempts, lease_token, done_at"
    ),
    "notification": (
        "source, person_id, channel, kind, ticket_id, enterprise_id, state, created_at, sent_at,"
        " read_at"
    ),
}
_EVENTS = {
    "file": "ticket.filed",
    "route": "ticket.routed",
    "assign": "ticket.assigned",
    "accept": "ticket.accepted",
    "answer": "ticket.answered",
    "confirm": "ticket.closed",
}


@dataclass(slots=True)
class Loaded:
    """What a load has done: seconds by step, and the tickets there are now."""

    tickets: int
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class _Counters:
    ticket: int
    number: int
    clock: int
    service_event: int
    seq: int


def fill(
    connection: psycopg.Connection[Any], *, tickets: int, today: date, seed: int = SEED
) -> Loaded:
    """Bring the database to `tickets` tickets.

    The connection is the owner's, with autocommit; the same seed makes the same rows.
    """
    loaded = Loaded(tickets)
    with _timed(loaded, "patterns"):
        there = _number(connection, "SELECT count(*) FROM ticket WHERE demo")
        ids = (
            "SELECT id FROM ticket WHERE demo AND id <= (SELECT max(id) FROM ticket) ORDER BY id"
            " LIMIT 2600"
        )
        reversed_ones = (
            "SELECT ticket_id FROM usage_entry WHERE quantity = -1 OR reason <> ''"
            # What is with several banks has rows that point at each other.
            " UNION ALL SELECT ticket_id FROM loan_answer"
        )
        patterns = read_patterns(
            connection, wanted=f"SELECT id FROM ({ids}) AS first WHERE id NOT IN ({reversed_ones})"
        )
        missing_open = max(
            0,
            min(OPEN_TICKETS, tickets // 4)
            - _number(
                connection, f"SELECT count(*) FROM ticket WHERE demo AND {rebuilding.OPEN_SQL}"
            ),
        )
    if there >= tickets:
        return loaded
    with _timed(loaded, "taking indexes off"):
        objects = rebuilding.take_off(connection)
    with _timed(loaded, "clearing"):
        _forget_filed(connection)
    with _timed(loaded, "copying"):
        _copy_all(
            connection,
            patterns,
            count=tickets - there,
            still_open=missing_open,
            today=today,
            random=Random(seed),
        )
    with _timed(loaded, "indexes and keys"):
        rebuilding.put_back(connection, objects)
    with _timed(loaded, "rollups"):
        rebuilding.recount_rollups(connection)
    with _timed(loaded, "statistics"):
        connection.execute("VACUUM (ANALYZE)")
    with _timed(loaded, "writing out"):
        # What the load has left to the system to write would otherwise be written during the
        # measurement.
        os.sync()
    return loaded


def _forget_filed(connection: psycopg.Connection[Any]) -> None:
    """Take away what was filed while a smaller size was measured, so that nobody's lists are longer
    at the next one.
    """
    filed = "SELECT id FROM ticket WHERE NOT demo"
    for table in ("outbox", "notification", "idempotency_key", *reversed(TABLES)):
        key = (
            "clock_id IN (SELECT id FROM clock WHERE ticket_id IN ({}))"
            if table == "clock_pause"
            else "id IN ({})"
            if table == "ticket"
            else "ticket_id IN ({})"
        )
        connection.execute(f"DELETE FROM {table} WHERE {key.format(filed)}".encode())


@contextmanager
def _timed(loaded: Loaded, step: str) -> Iterator[None]:
    begun = perf_counter()
    yield
    loaded.seconds[step] = round(perf_counter() - begun, 1)


def _number(connection: psycopg.Connection[Any], query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(row[0] or 0) if row else 0


def _copy_all(
    connection: psycopg.Connection[Any],
    patterns: list[Pattern],
    *,
    count: int,
    still_open: int,
    today: date,
    random: Random,
) -> None:
    last = {
        table: _number(connection, f"SELECT coalesce(max(id), 0) FROM {table}")
        for table in ("ticket", "clock", "service_event")
    }
    at = _Counters(
        last["ticket"],
        _number(connection, "SELECT last_value FROM ticket_number"),
        last["clock"],
        last["service_event"],
        _number(connection, "SELECT seq FROM usage_head"),
    )
    people = dict(
        connection.execute(
            "SELECT id, person_id FROM member WHERE person_id IS NOT NULL"
        ).fetchall()
    )
    printed = _Printer(patterns, at, people, today).print_all(count, still_open, random)
    names = {
        table: ", ".join(f'"{column.name}"' for column in columns_of(table)) for table in TABLES
    } | _OWN
    chaining.stage(connection)
    for table, text in _ahead(printed):
        is_chained = table == "usage_entry"
        target = chaining.STAGED if is_chained else table
        with connection.cursor().copy(
            f"COPY {target} ({names[table]}) FROM STDIN".encode()
        ) as copy:
            copy.write(text)
        if is_chained:
            chaining.append(connection, names[table])
    chaining.leave(connection)
    for table in ("ticket", "clock", "service_event"):
        connection.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {getattr(at, table)})".encode()
        )
    connection.execute(f"SELECT setval('ticket_number', {at.number})".encode())


def _ahead(items: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Print a few batches ahead in a thread of its own, so that printing and storing overlap."""
    line: queue.Queue[Any] = queue.Queue(maxsize=24)

    def produce() -> None:
        try:
            for item in items:
                line.put(item)
            line.put(None)
        except BaseException as error:
            line.put(error)

    threading.Thread(target=produce, daemon=True).start()
    while (item := line.get()) is not None:
        if isinstance(item, BaseException):
            raise item
        yield item


class _Printer:
    """Prints tickets from patterns and counts ids, references and the ledger's entries on."""

    def __init__(
        self, patterns: list[Pattern], at: _Counters, people: dict[int, int], today: date
    ) -> None:
        self.open = [pattern for pattern in patterns if pattern.is_open]
        self.closed = [pattern for pattern in patterns if not pattern.is_open]
        self.at, self.people, self.today = at, people, today.toordinal()
        first = min(day for pattern in patterns for day in pattern.days) - 7 * WEEKS
        self.names = {
            day: date.fromordinal(day).isoformat() for day in range(first, self.today + 3_000)
        }
        self.batch: dict[str, list[str]] = {}

    def print_all(self, count: int, still_open: int, random: Random) -> Iterator[tuple[str, bytes]]:
        """Print `count` tickets, the last `still_open` of them open, in batches of one text per
        table.
        """
        made = 0
        while made < count:
            self.batch = {name: [] for name in (*TABLES, *_OWN)}
            for _ in range(min(BATCH, count - made)):
                is_open = made >= count - still_open
                self._print(
                    random.choice(self.open if is_open else self.closed),
                    0 if is_open else random.randrange(1, WEEKS),
                )
                made += 1
            for name, texts in self.batch.items():
                if texts:
                    yield name, "".join(texts).encode()

    def _print(self, pattern: Pattern, weeks: int) -> None:
        at, back = self.at, 7 * weeks
        at.ticket += 1
        at.number += 1
        days = [self.names[day - back] for day in pattern.days]
        reference = (
            f"{pattern.park_code}-{self.names[pattern.filed_day - back][:4]}-{at.number:05d}"
        )
        values = [
            at.ticket,
            reference,
            reference.lower(),
            *days,
            *range(at.clock + 1, at.clock + 1 + pattern.clocks),
            *range(at.service_event + 1, at.service_event + 1 + pattern.events),
        ]
        for table, (text, fill_in) in pattern.printers.items():
            self.batch[table].append(text % fill_in(values))
        self._entries(pattern, days)
        self._told(pattern, back)
        at.clock += pattern.clocks
        at.service_event += pattern.events

    def _entries(self, pattern: Pattern, days: list[str]) -> None:
        at, entries = self.at, self.batch["usage_entry"]
        for usage in pattern.usages:
            at.seq += 1
            on, event = (
                days[usage.day],
                (None if usage.event is None else at.service_event + 1 + usage.event),
            )
            key, (utc, _, hour) = usage.key(at.ticket, on), usage.hour.partition("|")
            counted, where, who = usage.stored
            cells = (
                str(at.seq),
                f"{days[int(utc)]} {hour}",
                on,
                f"{on[:8]}01",
                counted,
                str(at.ticket),
                where,
                who,
                NULL if event is None else str(event),
                key,
            )
            entries.append("\t".join(cells) + "\n")

    def _told(self, pattern: Pattern, back: int) -> None:
        """Print who was told of what, and of the last week the finished outbox rows, which are
        swept after that.
        """
        ticket, day = self.at.ticket, self.names[pattern.filed_day - back]
        is_new = pattern.filed_day - back > self.today - KEPT_DAYS
        read = NULL if is_new else f"{day} 12:00:00+00"
        for person_id, kind in (
            (self.people.get(pattern.owner_id or 0), "ticket.assigned"),
            (pattern.filed_by_id, "ticket.accepted"),
            (pattern.filed_by_id, "ticket.answered"),
        ):
            if person_id is not None:
                self.batch["notification"].append(
                    f"bench:{ticket}:{kind}\t{person_id}\tapp\t{kind}\t{ticket}"
                    f"\t{pattern.enterprise_id}\tsent\t{day} 08:00:00+00"
                    f"\t{day} 08:00:00+00\t{read}\n"
                )
        if is_new:
            done = f"{day} 08:00:00+00\t{day} 08:00:00+00\t1\t1\t{day} 08:00:01+00"
            for event in (_EVENTS[kind] for kind in pattern.kinds if kind in _EVENTS):
                self.batch["outbox"] += [
                    f'{event}\t{task}\t{ticket}\t{{"ticket_id": {ticket}}}\t{done}\n'
                    for task in LISTENERS[event]
                ]

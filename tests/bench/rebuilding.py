"""Takes indexes and keys off the tables a load fills, puts the same ones back, and counts the
rollups anew.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg

from service_portal.tickets.predicates import IS_OPEN
from tests.bench.patterns import TABLES

OPEN_SQL = str(IS_OPEN)

LOADED = (*TABLES, "usage_entry", "notification", "outbox")
WORKERS = 2

_KEYS = """
    SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid), c.contype
    FROM pg_constraint AS c
    WHERE c.contype IN ('u', 'f') AND (c.conrelid::regclass::text = ANY(%(tables)s)
        OR (c.contype = 'f' AND c.confrelid::regclass::text = ANY(%(tables)s)))
    ORDER BY c.contype, c.conrelid::regclass::text, c.conname
"""
_INDEXES = """
    SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
    FROM pg_index AS i
    WHERE i.indrelid::regclass::text = ANY(%(tables)s) AND NOT EXISTS (SELECT
        FROM pg_constraint AS c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
"""


@dataclass(frozen=True, slots=True)
class Objects:
    """What was taken off: statements by table that make indexes and unique keys, and those that
    make foreign keys.
    """

    by_table: dict[str, list[str]]
    foreign: list[str]


def take_off(connection: psycopg.Connection[Any]) -> Objects:
    """Drop the secondary indexes, unique keys and foreign keys of the loaded tables and remember
    them, and let no rollup be kept meanwhile. Primary keys stay.
    """
    tables = {"tables": list(LOADED)}
    by_table: dict[str, list[str]] = {table: [] for table in LOADED}
    foreign = []
    keys = connection.execute(_KEYS, tables).fetchall()
    for table, name, definition, kind in keys:
        connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'.encode())
        statement = f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}'
        if kind == "f":
            foreign.append(statement)
        else:
            by_table[table].append(statement)
    connection.execute("ALTER TABLE service_event DISABLE TRIGGER service_event_excluded")
    for table, name, definition in connection.execute(_INDEXES, tables).fetchall():
        connection.execute(f"DROP INDEX {name}".encode())
        by_table[table].append(definition)
    return Objects(by_table, foreign)


def put_back(connection: psycopg.Connection[Any], objects: Objects) -> None:
    """Make everything that was taken off again; tables side by side, foreign keys after them, each
    checked against the rows.
    """
    todo = sorted(objects.by_table.values(), key=len, reverse=True)
    with ThreadPoolExecutor(WORKERS) as pool:
        list(
            pool.map(
                lambda statements: _run(connection.info.dsn, connection.info.password, statements),
                todo,
            )
        )
    _run(connection.info.dsn, connection.info.password, objects.foreign)
    connection.execute("ALTER TABLE service_event ENABLE TRIGGER service_event_excluded")


def _run(dsn: str, password: str, statements: list[str]) -> None:
    with psycopg.connect(dsn, password=password or None, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        for statement in statements:
            connection.execute(statement.encode())


def recount_rollups(connection: psycopg.Connection[Any]) -> None:
    """Count the rollups anew from the entries, in one transaction."""
    with connection.transaction():
        connection.execute("DELETE FROM usage_month")
        connection.execute("DELETE FROM usage_enterprise_month")
        connection.execute("DELETE FROM usage_excluded_month")
        connection.execute(_MONTHS)
        connection.execute(_ENTERPRISES)
        connection.execute(_EXCLUDED)


_SUMS = (
    "coalesce(sum(quantity) FILTER (WHERE measure = 'event'), 0), coalesce(sum(quantity) FILTER"
    " (WHERE measure = 'case'), 0), sum(quantity * minutes)"
)
_MONTHS = f"""
    INSERT INTO usage_month (month, station_id, institution_id, park_id, service_code,
        category_code, events, cases, minutes, persons)
    SELECT month, station_id, coalesce(institution_id, 0), park_id, service_code,
        min(category_code), {_SUMS}, sum(quantity * persons)
    FROM usage_entry GROUP BY 1, 2, 3, 4, 5
""".encode()
_ENTERPRISES = f"""
    INSERT INTO usage_enterprise_month (month, enterprise_id, station_id, institution_id, park_id,
        category_code, events, cases, minutes)
    SELECT month, enterprise_id, station_id, coalesce(institution_id, 0), park_id, category_code,
        {_SUMS}
    FROM usage_entry GROUP BY 1, 2, 3, 4, 5, 6
""".encode()

_EXCLUDED = b"""
    INSERT INTO usage_excluded_month (month, station_id, institution_id, park_id, category_code,
        contacts)
    SELECT date_trunc('month', e.day)::date, e.station_id, coalesce(e.institution_id, 0), t.park_id,
        t.category_code, count(*)
    FROM service_event AS e JOIN ticket AS t ON t.id = e.ticket_id WHERE NOT e.countable
    GROUP BY 1, 2, 3, 4, 5
"""

__all__ = ["OPEN_SQL", "Objects", "put_back", "recount_rollups", "take_off"]

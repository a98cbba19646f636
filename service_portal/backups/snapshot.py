"""Holds one moment of the database still while the launcher copies it: `python -m
service_portal.backups.snapshot`.

It speaks in lines of JSON. It says the snapshot's name and what is in it; asked which of the files
that were not found are still wanted, it answers; told how the backup went, it writes that down and
ends. A launcher that dies ends it too, and nothing is written down.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any, LiteralString

import psycopg
from psycopg import sql

TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname
"""
# Every table whose rows are about files that lie on the disk.
TABLES_OF_FILES = """
    SELECT table_name FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name = 'storage_name' ORDER BY table_name
"""
FILES = "SELECT storage_name, size, sha256 FROM {}"
WANTED = "SELECT storage_name FROM {} WHERE storage_name = ANY(%(names)s)"
NOTE = """
    INSERT INTO backup_run (kind, at, succeeded, bytes, files, lost_files, detail)
    VALUES (%(kind)s, %(at)s, %(succeeded)s, %(bytes)s, %(files)s, %(lost_files)s, %(detail)s)
"""
Connection = psycopg.Connection[tuple[Any, ...]]


def look(connection: Connection) -> dict[str, Any]:
    """Say what the transaction's moment holds: rows of each table, files, and the schema's age."""
    tables = [name for (name,) in connection.execute(TABLES)]
    return {
        "snapshot": _one(connection, "SELECT pg_export_snapshot()"),
        "at": _one(
            connection,
            "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC',"
            ' \'YYYY-MM-DD"T"HH24:MI:SS"Z"\')',
        ),
        "major": connection.info.server_version // 10000,
        "schema": [
            revision
            for (revision,) in connection.execute("SELECT version_num FROM alembic_version")
        ],
        "tables": {name: _rows(connection, name) for name in tables},
        "files": sorted(list(row) for row in connection.execute(of_files(connection, FILES))),
    }


def of_files(connection: Connection, query: LiteralString) -> sql.Composed:
    """Give the statement that asks every table of files."""
    tables = [sql.Identifier(name) for (name,) in connection.execute(TABLES_OF_FILES)]
    return sql.SQL(" UNION ALL ").join(sql.SQL(query).format(table) for table in tables)


def _rows(connection: Connection, table: str) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    return int(connection.execute(query).fetchone()[0])  # type: ignore[index]  # a count has a row


def _one(connection: Connection, query: str) -> str:
    # One row, by our own text.
    return str(connection.execute(query).fetchone()[0])  # type: ignore[index]  # always a row


def say(facts: Mapping[str, Any]) -> None:
    """Write one line for the launcher."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def hear() -> dict[str, Any]:
    """Read one line of the launcher; one that is gone ends the program."""
    line = sys.stdin.readline()
    if not line:
        sys.exit(1)
    heard: dict[str, Any] = json.loads(line)
    return heard


def main() -> None:
    """Hold the snapshot, answer, note."""
    url = os.environ["BACKUP_URL"]
    with psycopg.connect(url, autocommit=True) as writer, psycopg.connect(url) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        facts = look(reader)
        say(facts)
        missing = hear()["missing"]
        wanted = of_files(writer, WANTED) if missing else sql.SQL("SELECT 1 WHERE false")
        say({"wanted": [name for (name,) in writer.execute(wanted, {"names": missing})]})
        reader.rollback()
        writer.execute(NOTE, {"at": facts["at"], **hear()})


if __name__ == "__main__":
    main()

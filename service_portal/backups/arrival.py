"""Finishes what pg_restore has begun: `python -m service_portal.backups.arrival STEP`, facts as
JSON on its input.

Before the migrations every table is counted against the backup's own count and rights are given to
the roles of this server; after them the restore is written down.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from service_portal.backups.snapshot import TABLES_OF_FILES

TABLES = """
    SELECT count(*) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
"""
# With any of these, statements of a dump could run programs of the server's machine or read and
# write its files. Before PostgreSQL 16 who may make roles may give itself any of them.
POWERS = """
    SELECT coalesce(array_agg(power ORDER BY power), '{}') FROM (
        SELECT 'superuser' FROM pg_roles WHERE rolname = current_user AND rolsuper
        UNION ALL SELECT 'createrole' FROM pg_roles WHERE rolname = current_user AND rolcreaterole
            AND current_setting('server_version_num')::int < 160000
        UNION ALL SELECT rolname FROM pg_roles WHERE pg_has_role(rolname, 'MEMBER') AND rolname IN
            ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')
    ) AS held (power)
"""
FORGET_FILES = "DELETE FROM {} WHERE storage_name = ANY(%s)"
NOTE = """
    INSERT INTO backup_run (kind, at, succeeded, bytes, files, lost_files)
    VALUES ('manual', %(at)s, true, %(bytes)s, %(files)s, %(lost_files)s),
           ('restore', clock_timestamp(), true, %(bytes)s, %(files)s, %(lost_files)s)
"""


def for_roles(grants: str, roles: Mapping[str, str]) -> str:
    """Write grants for the roles of this server: comments and the commands of psql go, names are
    replaced.
    """
    lines = [
        line
        for line in grants.splitlines()
        if line.startswith(("GRANT", "REVOKE", "ALTER DEFAULT"))
    ]

    def named(found: re.Match[str]) -> str:
        name = found[2].strip('"').replace('""', '"')
        written = roles.get(name, name).replace('"', '""')
        return f'{found[1]} "{written}"' if name in roles else found[0]

    return "\n".join(
        re.sub(r'\b(TO|FROM|FOR ROLE) ("(?:[^"]|"")+"|\w+)(?=[; ]|$)', named, line)
        for line in lines
    )


def differences(connection: psycopg.Connection[Any], tables: Mapping[str, int]) -> list[str]:
    """Name the tables whose rows are not as many as the backup says."""
    found = []
    for name, wanted in tables.items():
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))
        rows = connection.execute(query).fetchone()
        if rows is None or rows[0] != wanted:
            found.append(f"{name} has {rows[0] if rows else 0:,} of {wanted:,} rows")
    return found


def look(connection: psycopg.Connection[Any], _facts: Mapping[str, Any]) -> None:
    """Say which server this is, how many tables are there and what else its role may do there; make
    what the database must bring along.
    """
    (tables,) = connection.execute(TABLES).fetchone() or (0,)
    (powers,) = connection.execute(POWERS).fetchone() or ([],)
    about: dict[str, Any] = {
        "major": connection.info.server_version // 10000,
        "tables": tables,
        "powers": powers,
    }
    sys.stdout.write(json.dumps(about) + "\n")
    if not tables and not powers:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")


def arrive(connection: psycopg.Connection[Any], facts: Mapping[str, Any]) -> None:
    """Compare, grant, forget files that were discarded while the backup was made, analyze."""
    if found := differences(connection, facts["tables"]):
        sys.exit("The database is not what the backup holds: " + "; ".join(found))
    if grants := for_roles(facts["grants"], facts["roles"]):
        connection.execute(grants)
    if facts["gone"]:
        for (table,) in connection.execute(TABLES_OF_FILES).fetchall():
            forget = sql.SQL(FORGET_FILES).format(sql.Identifier(table))
            connection.execute(forget, (facts["gone"],))
    connection.execute("ANALYZE")


def note(connection: psycopg.Connection[Any], facts: Mapping[str, Any]) -> None:
    """Write down which backup this database is from, and when it was restored."""
    connection.execute(NOTE, facts)


STEPS = {"look": look, "arrive": arrive, "note": note}


def main() -> None:
    """Take the step that is named."""
    with psycopg.connect(os.environ["BACKUP_URL"], autocommit=True) as connection:
        STEPS[sys.argv[1]](connection, json.load(sys.stdin))


if __name__ == "__main__":
    main()

"""Appends loaded entries to the ledger's chain, by the ledger's own digest, which a window of one
statement carries from entry to entry.
"""

from __future__ import annotations

from typing import Any

import psycopg

STAGED = "staged_usage"

_STAGE = f"""
    CREATE TEMP TABLE {STAGED} (LIKE usage_entry INCLUDING DEFAULTS);
    ALTER TABLE {STAGED} ALTER prev DROP NOT NULL, ALTER hash DROP NOT NULL
"""
_CHAIN = """
    CREATE OR REPLACE AGGREGATE pg_temp.chained(usage_entry)
        (SFUNC = usage_digest, STYPE = bytea, INITCOND = '{head}')
"""
_APPEND = """
    WITH chained AS (
        SELECT {columns}, pg_temp.chained(ROW(staged.*)::usage_entry) OVER (ORDER BY seq) AS hash
        FROM staged_usage AS staged
    ), appended AS (
        INSERT INTO usage_entry ({columns}, prev, hash)
        SELECT {columns}, lag(hash, 1, '{head}'::bytea) OVER (ORDER BY seq), hash FROM chained
    )
    UPDATE usage_head SET seq = last.seq, hash = last.hash
    FROM (SELECT seq, hash FROM chained ORDER BY seq DESC LIMIT 1) AS last
"""


def stage(connection: psycopg.Connection[Any]) -> None:
    """Make the table in which entries wait for their chain. They are of the past, in which nothing
    is written once an anchor is kept: there are none any more.
    """
    connection.execute(_STAGE.encode())
    connection.execute("DELETE FROM usage_anchor")


def append(connection: psycopg.Connection[Any], columns: str) -> None:
    """Append what is staged, entries that continue the ledger's numbers, and empty the stage."""
    (digest,) = connection.execute("SELECT hash FROM usage_head").fetchone() or (b"",)
    head = rf"\x{digest.hex()}"
    connection.execute(_CHAIN.format(head=head).encode())
    connection.execute(_APPEND.format(head=head, columns=columns).encode())
    connection.execute(f"TRUNCATE {STAGED}".encode())


def leave(connection: psycopg.Connection[Any]) -> None:
    """Take the table away again."""
    connection.execute(f"DROP TABLE {STAGED}".encode())

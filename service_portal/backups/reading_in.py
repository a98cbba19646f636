"""Puts the text of a dump into a database: `python -m service_portal.backups.reading_in`, the text
on its input.

A dump may come from anybody. psql would run commands of this machine that stand in it; here every
word goes to the server, which knows none, and refuses the owner of the tables what is not theirs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

import psycopg

# Newer programs say it to every server.
UNKNOWN = b"SET transaction_timeout = 0;\n"
# What pg_restore says to psql, which does not read this.
FOR_PSQL = (b"\\restrict ", b"\\unrestrict ")
ROWS, ROWS_END = b" FROM stdin;\n", b"\\.\n"
BLOCK = 1 << 16


def read_in(connection: psycopg.Connection[Any], text: BinaryIO) -> None:
    """Execute a dump, all or nothing."""
    statements: list[bytes] = []
    with connection.transaction(), connection.cursor() as cursor:
        for line in text:
            if line.startswith(b"COPY ") and line.endswith(ROWS):
                _execute(cursor, statements)
                with cursor.copy(line) as copy:
                    for block in _rows(text):
                        copy.write(block)
            elif line != UNKNOWN and not line.startswith(FOR_PSQL):
                statements.append(line)
        _execute(cursor, statements)


def _execute(cursor: psycopg.Cursor[Any], statements: list[bytes]) -> None:
    if said := b"".join(statements).strip():
        cursor.execute(said)
    statements.clear()


def _rows(text: BinaryIO) -> Iterator[bytes]:
    lines: list[bytes] = []
    size = 0
    for line in text:
        if line == ROWS_END:
            yield b"".join(lines)
            return
        lines.append(line)
        size += len(line)
        if size > BLOCK:
            yield b"".join(lines)
            lines, size = [], 0
    sys.exit("The dump ends in the middle of a table.")


def main() -> None:
    """Read the dump on the input into the database of BACKUP_URL."""
    with psycopg.connect(os.environ["BACKUP_URL"], autocommit=True) as connection:
        try:
            read_in(connection, sys.stdin.buffer)
        except psycopg.Error as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()

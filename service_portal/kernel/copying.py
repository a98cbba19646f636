"""Writes many rows at once: in a round with one statement; in a load, and where rows are large,
with COPY, under ids reserved beforehand, so that rows can point at each other before they exist.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from service_portal.kernel.db import at_once, db


def reserve_ids(table: str, count: int) -> list[int]:
    """Take the next `count` ids of a table's identity column;
    they are never given to anybody else.
    """
    return reserve_numbers(
        str(
            db.session.scalar(
                sa.text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": table}
            )
        ),
        count,
    )


def reserve_numbers(sequence: str, count: int) -> list[int]:
    """Take the next `count` numbers of a sequence."""
    taken = sa.text("SELECT nextval(CAST(:sequence AS regclass)) FROM generate_series(1, :count)")
    return list(db.session.scalars(taken, {"sequence": sequence, "count": count}))


class Written(str):
    """A JSON document that is written already."""


def copy_rows(model: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows of one table in the caller's transaction.

    Every row names the same columns as the first; what it leaves out takes its default.
    """
    if not rows:
        return
    table = model.__table__
    names = list(rows[0])
    documents = {name for name in names if isinstance(table.c[name].type, JSONB)}
    columns = ", ".join(f'"{name}"' for name in names)
    cursor = db.session.connection().connection.cursor()
    with cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(
                [
                    json.dumps(row[name], ensure_ascii=False)
                    if name in documents and not isinstance(row[name], Written)
                    else row[name]
                    for name in names
                ]
            )


def insert_rows(
    model: Any,
    rows: Sequence[dict[str, Any]],
    *,
    same: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Write rows of one table with one statement, however many they are.

    Every row names the same columns as the first; what it leaves out takes its default.

    They travel as one JSON text, which costs a tenth of a parameter for each value. `same` is what
    all of them have alike.
    """
    if rows:
        at_once(
            _inserting(model.__table__, tuple(rows[0]), tuple(same)),
            {**same, "rows": json.dumps(rows, ensure_ascii=False, default=str)},
        )


@lru_cache(maxsize=64)
def _inserting(table: sa.Table, names: tuple[str, ...], same: tuple[str, ...]) -> sa.TextClause:
    columns = ", ".join(f'"{name}"' for name in (*names, *same))
    values = ", ".join(
        [
            *(f'"{name}"' for name in names),
            *(f"CAST(:{name} AS {table.c[name].type.compile(db.engine.dialect)})" for name in same),
        ]
    )
    source = f'jsonb_populate_recordset(CAST(NULL AS "{table.name}"), CAST(:rows AS jsonb))'
    return sa.text(
        # The names are those of the model's own columns.
        f'INSERT INTO "{table.name}" ({columns}) SELECT {values} FROM {source}'  # noqa: S608
    )


def take_statistics(owner_url: str) -> None:
    """Let the database look at what was loaded; until then it plans as if the tables were empty.

    Only the owner of the tables may ask for that.
    """
    owner = sa.create_engine(
        sa.make_url(owner_url).set(drivername="postgresql+psycopg"),
        poolclass=sa.NullPool,
        isolation_level="AUTOCOMMIT",
    )
    with owner.connect() as connection:
        connection.execute(sa.text("ANALYZE"))

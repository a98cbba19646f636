"""Every row that says something about an enterprise says whose it is, and no key leads from one
enterprise's rows to another's (reliability.md 2.2).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.kernel.db import db

# Tables that point at an enterprise's rows without carrying enterprise_id, each with its reason.
# None does.
EXCEPTIONS: dict[str, str] = {}
# Tables that carry one only for some of their rows, each with its reason.
FOR_SOME: dict[str, str] = {
    "membership": "a person of a station or an institution acts for no enterprise",
    "invitation": "so does one who is invited there",
    "outbox": "an event need not be about a ticket",
    "notification": "a message need not be about a ticket; one that is carries both, by a check",
}


@pytest.fixture(scope="module")
def tables(app: Flask) -> dict[str, sa.Table]:
    """Every table of the product, by its name."""
    return {name: table for name, table in db.metadata.tables.items() if name != "enterprise"}


def owned(tables: dict[str, sa.Table]) -> set[str]:
    """Name the tables whose every row belongs to an enterprise."""
    return {
        name
        for name, table in tables.items()
        if "enterprise_id" in table.c and not table.c.enterprise_id.nullable
    }


def links(tables: dict[str, sa.Table]) -> Iterator[tuple[str, sa.ForeignKeyConstraint]]:
    """Give every foreign key that leads to rows of an enterprise."""
    for name, table in tables.items():
        yield from (
            (name, key)
            for key in table.foreign_key_constraints
            if key.referred_table.name in owned(tables)
        )


def test_the_tables_with_an_enterprises_data_are_known(tables: dict[str, sa.Table]) -> None:
    assert {
        "ticket",
        "timeline_entry",
        "message",
        "attachment",
        "draft",
        "decision",
        "assignment",
        "offer",
        "service_event",
        "rating",
        "clock",
        "clock_pause",
        "alarm",
        "credit_application",
        "credit_line",
        "money_entry",
        "money_correction",
        "usage_entry",
        "usage_enterprise_month",
        "idempotency_key",
        "enterprise_exclusion",
        "interest_conflict",
        "fact",
    } <= owned(tables)


def test_what_hangs_on_an_enterprises_row_carries_the_enterprise(
    tables: dict[str, sa.Table],
) -> None:
    hanging = {name for name, _ in links(tables)} | {
        name for name, table in tables.items() if "ticket_id" in table.c
    }
    assert {name for name in hanging if "enterprise_id" not in tables[name].c} == set(EXCEPTIONS)


def test_it_does_so_in_every_row(tables: dict[str, sa.Table]) -> None:
    assert {name for name, table in tables.items() if "enterprise_id" in table.c} - owned(
        tables
    ) == set(FOR_SOME)


def test_every_key_between_such_tables_includes_the_enterprise(tables: dict[str, sa.Table]) -> None:
    loose = [
        f"{name}({', '.join(key.column_keys)}) → {key.referred_table.name}"
        for name, key in links(tables)
        if ("enterprise_id", "enterprise_id")
        not in {(part.parent.name, part.column.name) for part in key.elements}
    ]
    assert not loose


def test_a_message_about_a_ticket_says_whose_it_is(tables: dict[str, sa.Table]) -> None:
    checks = {
        str(check.sqltext)
        for check in tables["notification"].constraints
        if isinstance(check, sa.CheckConstraint)
    }
    assert "(ticket_id IS NULL) = (enterprise_id IS NULL)" in checks

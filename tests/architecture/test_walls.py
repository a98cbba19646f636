"""Foreign keys and the tables that SQL names lead to own tables, or to those of lower floors."""

from __future__ import annotations

from flask import Flask

from service_portal.kernel.db import db
from tests.architecture.source import ROOT
from tests.architecture.walls import floors, folder_of, may_name, named, owners, tables_in

# Files that read tables of a higher floor, or of another stage, which tables and why.
READ_MODELS: dict[str, tuple[set[str], str]] = {}


def test_every_table_belongs_to_a_folder_that_has_a_floor(app: Flask) -> None:
    assert set(owners()) == set(db.metadata.tables)
    assert set(owners().values()) <= set(floors())


def test_foreign_keys_lead_down(app: Flask) -> None:
    folder = owners()
    upward = [
        f"{table.name}({', '.join(key.column_keys)}) → {key.referred_table.name}: a table of"
        f" {folder[table.name]} points up to one of {folder[key.referred_table.name]}"
        for table in db.metadata.tables.values()
        for key in table.foreign_key_constraints
        if not may_name(folder[table.name], folder[key.referred_table.name])
    ]
    assert not upward


def test_sql_names_tables_of_its_own_folder_or_of_lower_floors(app: Flask) -> None:
    folder = owners()
    upward = {
        name: above
        for name, tables in named(frozenset(folder)).items()
        if (
            above := {
                table for table in tables if not may_name(folder_of(ROOT / name), folder[table])
            }
        )
    }
    assert upward == {name: tables for name, (tables, _) in READ_MODELS.items()}
    assert all(why for _, why in READ_MODELS.values())


def test_tables_are_found_wherever_a_statement_names_them() -> None:
    known = frozenset({"ticket", "offer", "clock", "member", "alarm", "letter"})
    assert tables_in(
        """WITH late AS (SELECT ticket_id FROM clock), alarm AS (SELECT 1)
        UPDATE ticket AS t SET light = 2 FROM late, member AS m, alarm
        WHERE t.id = late.ticket_id AND EXISTS (SELECT FROM offer AS o WHERE o.ticket_id = t.id)""",
        known,
    ) == {"clock", "ticket", "member", "offer"}
    assert tables_in("INSERT INTO letter (id) VALUES (:id)", known) == {"letter"}
    assert tables_in("EXISTS (SELECT FROM offer AS o WHERE o.id = t.id)", known) == {"offer"}
    assert tables_in("A letter to the member about a ticket", known) == set()

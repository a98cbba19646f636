"""A stored file has a name that we have given: it leads to no other file of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Role
from service_portal.files.storing import path_of
from service_portal.kernel.db import constraint_of, db
from service_portal.kernel.errors import Missing
from tests.signing_in import SignIn

OUTSIDE = [
    "/etc/passwd",
    "../keys.json",
    "ab/../../keys.json",
    "A" * 40,
    "a" * 31,
    "",
    "a" * 40 + "\n",
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_name_that_we_have_not_given_leads_nowhere(name: str, tmp_path: Path) -> None:
    with pytest.raises(Missing):
        path_of(name, tmp_path)


@pytest.mark.parametrize("name", OUTSIDE)
def test_the_database_takes_no_such_name(app: Flask, client_as: SignIn, name: str) -> None:
    client_as(Role.ENTERPRISE_OWNER)
    row = """
        INSERT INTO attachment (enterprise_id, purpose, file_name, content_type, size, sha256,
            storage_name, at)
        SELECT id, 'request', 'a.txt', 'text/plain', 1, '', :name, clock_timestamp()
        FROM enterprise LIMIT 1
    """
    with pytest.raises(sa.exc.IntegrityError) as refused:
        db.session.execute(sa.text(row), {"name": name})
    assert constraint_of(refused.value) == "ck_attachment_storage_name"


def test_every_table_of_files_checks_names_and_keeps_the_room(app: Flask, db_session: None) -> None:
    tables = {table.name for table in db.metadata.sorted_tables if "storage_name" in table.c}
    assert tables == {"attachment", "fact_file"}
    keeping = db.session.scalars(
        sa.text("""
            SELECT c.relname FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
            JOIN pg_proc AS p ON p.oid = t.tgfoid
            WHERE p.proname = 'storage_keep' AND t.tgenabled = 'O'
        """)
    )
    assert set(keeping) == tables
    checking = db.session.scalars(
        sa.text("SELECT conname FROM pg_constraint WHERE conname LIKE 'ck_%_storage_name'")
    )
    assert set(checking) == {f"ck_{name}_storage_name" for name in tables}

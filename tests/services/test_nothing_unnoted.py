"""Whoever makes the product's role run statements of their own changes nobody's rights unnoted."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Actor, Role
from service_portal.accounts.invitations import invite
from service_portal.accounts.models import Membership
from service_portal.accounts.tokens import make_token
from service_portal.app import FOLDERS
from service_portal.audit.models import SecurityEntry
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from tests.factories.accounts import create_person
from tests.factories.directory import create_institution, create_member

# What the product writes while it works, and what follows from other columns.
CHURN = {
    "acting_membership_id",
    "confirmed_at",
    "create_datetime",
    "fs_uniquifier",
    "last_assigned_at",
    "last_offered_at",
    "last_used_on",
    "locale",
    "mail_enabled",
    "sort_key",
    "tf_last_counter",
    "update_datetime",
}
# In a table whose other columns are noted one by one.
NEVER_CHANGED = {("api_token", "created_at"), ("service", "created_at")}
LINKS = ("calendar_day", "institution_scope", "member_skill", "station_coverage")


def entries() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(SecurityEntry)) or 0


def run(statement: str, **values: object) -> None:
    db.session.execute(sa.text(statement), values)


@pytest.fixture
def people(app: Flask, db_session: None) -> tuple[Actor, int]:
    """Somebody with a role, a token and an invitation, and somebody without any."""
    member, stranger = create_person(), create_person()
    membership = Membership(person_id=member.id, role=Role.ADMINISTRATOR)
    # The last administrator can't be changed at all.
    another = Membership(person_id=create_person().id, role=Role.ADMINISTRATOR)
    db.session.add_all([membership, another])
    db.session.flush()
    actor = Actor(
        role=Role.ADMINISTRATOR,
        person_id=member.id,
        membership_id=membership.id,
    )
    make_token(actor=actor, name="program", days=3, now=now())
    invite(actor=actor, email="new@zone.example", role="auditor", now=now())
    db.session.commit()
    return actor, stranger.id


GIVES_A_ROLE = "INSERT INTO membership (person_id, role) VALUES (:other, 'administrator')"


def test_the_products_role_says_in_vain_that_it_loads_a_zone(people: tuple[Actor, int]) -> None:
    before = entries()
    run("SELECT set_config('portal.loading', 'on', true)")
    run(GIVES_A_ROLE, other=people[1])
    assert entries() == before + 1


def test_the_products_role_permits_no_loading(people: tuple[Actor, int]) -> None:
    permits = "INSERT INTO loading VALUES (pg_current_xact_id()::text::bigint, 'infinity')"
    assert _is_refused(permits)


def test_a_change_in_the_name_of_another_is_noted_all_the_same(people: tuple[Actor, int]) -> None:
    before = entries()
    said = f'{{"person_id": {people[0].person_id}, "name": "Somebody", "role": "administrator"}}'
    run("SELECT set_config('portal.actor', :said, true)", said=said)
    run(GIVES_A_ROLE, other=people[1])
    assert entries() == before + 1


CHANGES = (
    "UPDATE membership SET person_id = :other WHERE id = :membership",
    "UPDATE membership SET role = 'manager' WHERE id = :membership",
    "UPDATE api_token SET token_hash = 'another' WHERE membership_id = :membership",
    "UPDATE api_token SET person_id = :other WHERE membership_id = :membership",
    "UPDATE api_token SET scopes = '{read}' WHERE membership_id = :membership",
    "UPDATE invitation SET token_hash = 'another'",
    "UPDATE invitation SET invited_by_id = :other",
    "UPDATE person SET demo = NOT demo WHERE id = :other",
    "UPDATE person SET password = 'another' WHERE id = :other",
    "UPDATE person SET tf_totp_secret = 'another' WHERE id = :other",
    "UPDATE service SET version_id = NULL WHERE code = (SELECT min(code) FROM service)",
)


@pytest.mark.parametrize("statement", CHANGES)
def test_a_statement_of_ones_own_is_noted(people: tuple[Actor, int], statement: str) -> None:
    actor, other = people
    before = entries()
    given = {"other": other, "membership": actor.membership_id}
    run(statement, **{name: value for name, value in given.items() if f":{name}" in statement})
    assert entries() == before + 1


def test_what_becomes_of_a_secret_is_noted_without_it(people: tuple[Actor, int]) -> None:
    run("UPDATE invitation SET token_hash = 'another'")
    last = db.session.scalars(sa.select(SecurityEntry).order_by(SecurityEntry.id.desc())).first()
    assert last is not None and last.details["fields"] == {"secret": ["•••", "•••"]}


def test_every_column_that_matters_is_noted_when_it_changes(app: Flask, db_session: None) -> None:
    found = db.session.execute(
        sa.text("""
            SELECT c.relname, a.attname FROM pg_trigger AS t
            JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_proc AS p ON p.oid = t.tgfoid
            JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE p.proname = 'security_note_row' AND t.tgtype & 16 > 0
                AND (t.tgattr = '' OR a.attnum = ANY (t.tgattr))
        """)
    )
    noted = {(row.relname, row.attname) for row in found}
    columns = {
        (table, column.name)
        for folder in FOLDERS
        for table in set(folder.noted) - set(LINKS)
        for column in db.metadata.tables[table].columns
        if column.name not in CHURN
    }
    assert columns - noted - NEVER_CHANGED == set()


def _is_refused(statement: str) -> bool:
    with pytest.raises(sa.exc.ProgrammingError) as refused:
        db.session.execute(sa.text(statement))
    db.session.rollback()
    return isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)


@pytest.mark.parametrize("table", LINKS)
def test_a_link_that_is_changed_is_one_that_went_and_one_that_came(
    app: Flask, db_session: None, table: str
) -> None:
    create_institution(services=("POL-01",))
    create_member(skills={"FIN": 1})
    db.session.flush()
    last = db.session.scalar(sa.select(sa.func.max(SecurityEntry.id))) or 0
    column = db.metadata.tables[table].columns.keys()[0]
    run(f"UPDATE {table} SET {column} = {column}")
    found = db.session.scalars(sa.select(SecurityEntry).where(SecurityEntry.id > last)).all()
    assert {entry.details["act"] for entry in found} == {"added", "removed"}


def test_when_an_entry_was_written_is_the_databases_to_say(app: Flask, db_session: None) -> None:
    run("INSERT INTO security_log (kind, at) VALUES ('refused', '2020-01-01')")
    entry = db.session.scalars(sa.select(SecurityEntry)).one()
    assert (now() - entry.at).total_seconds() < 600

"""Every table is either noted, each change with before and after, or known not to be; a new one
must be decided.
"""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask

from service_portal.app import FOLDERS
from service_portal.audit.words import FIELDS, NAMES, THINGS
from service_portal.kernel.db import db

NOTED = tuple(table for folder in FOLDERS for table in folder.noted)
# What no person administers: the work itself, which has its own history, and what the product keeps
# for itself.
WORK = {
    "alarm",
    "assignment",
    "attachment",
    "credit_consent",
    "loan_answer",
    "clock",
    "clock_pause",
    "credit_application",
    "credit_line",
    "decision",
    "draft",
    "enterprise_storage",
    "fact",
    "fact_conflict",
    "fact_file",
    "idempotency_key",
    "message",
    "money_anchor",
    "money_correction",
    "money_entry",
    "money_head",
    "money_sum",
    "notification",
    "notification_delivery",
    "offer",
    "rating",
    "score",
    "score_dispute",
    "score_group",
    "score_run",
    "score_standing",
    "service_event",
    "ticket",
    "ticket_words",
    "timeline_entry",
    "usage_anchor",
    "usage_enterprise_month",
    "usage_entry",
    "usage_excluded_month",
    "usage_head",
    "usage_month",
}
OWN = {
    "backup_run",
    "calendar_version",
    "ended_session",
    "heartbeat",
    "key_fingerprint",
    "letter",
    "loading",
    "outbox",
    "person_session",
    "security_log",
    "throttle",
}
# Columns whose changes say nothing to people.
UNSAID = {
    "acting_membership_id",
    "confirmed_at",
    "create_datetime",
    "created_at",
    "definition",
    "fs_uniquifier",
    "id",
    "last_assigned_at",
    "last_offered_at",
    "last_used_on",
    "published_at",
    "published_by_id",
    "sort_key",
    "tf_last_counter",
    "token_hash",
    "update_datetime",
    "updated_at",
    "version",
}


def test_every_table_is_noted_or_known_not_to_be(app: Flask) -> None:
    tables = set(db.metadata.tables)
    assert tables == set(NOTED) | WORK | OWN, "say here whether the new table is administered"


def test_the_database_notes_every_change_of_them(app: Flask, db_session: None) -> None:
    found = db.session.execute(
        sa.text("""
            SELECT c.relname, bit_or(t.tgtype) AS kinds FROM pg_trigger AS t
            JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_proc AS p ON p.oid = t.tgfoid
            WHERE p.proname IN ('security_note_row', 'security_note_links') AND t.tgenabled = 'O'
            GROUP BY c.relname
        """)
    )
    acts = {row.relname: row.kinds & 28 for row in found}
    # Insert is 4, delete 8, update 16.
    assert acts == dict.fromkeys(NOTED, 28)


def test_everything_that_can_change_has_a_name_in_both_languages(app: Flask) -> None:
    columns = {column.name for table in NOTED for column in db.metadata.tables[table].columns}
    assert columns - UNSAID - FIELDS.keys() == set()
    assert set(NOTED) == set(THINGS)
    assert set(NAMES.values()) <= set(NOTED)

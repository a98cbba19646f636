"""Every column of codes is checked by the database.

Each check is added unvalidated, which holds nobody up, and then validated, which lets everybody
read and write meanwhile. The release that serves writes the same codes.
"""

from __future__ import annotations

from alembic import op

revision = "7be1c09d52a4"
down_revision = "2e9a7d51c0f4"
branch_labels = None
depends_on = None

ROLES = (
    "'administrator', 'auditor', 'enterprise_owner', 'enterprise_staff', 'institution_lead',"
    " 'institution_worker', 'manager', 'station_lead', 'station_member', 'system'"
)
STATUSES = (
    "'accepted', 'answered', 'archived', 'closed', 'dispatched', 'in_progress', 'merged',"
    " 'not_accepted', 'on_hold', 'returned', 'submitted', 'withdrawn'"
)
RUNGS = "'level1', 'level2', 'level3', 'red', 'remind', 'yellow'"
KINDS = (
    "'accept', 'answer', 'archive', 'assign', 'auto_close', 'bounce', 'confirm', 'consent',"
    " 'contact', 'dispatch', 'file', 'hand_over', 'hold', 'merge', 'merge_in', 'pick_up', 'redo',"
    " 'refuse', 'release', 'reopen', 'resubmit', 'resume', 'return', 'route', 'rung', 'start',"
    " 'verdict', 'withdraw'"
)
CHECKS = (
    ("ticket", "channel", "'api', 'desk', 'phone', 'visit', 'web'"),
    ("ticket", "delivered_by", "'both', 'pool', 'station'"),
    ("ticket", "waiting_reason", "'bounced_twice', 'no_institution', 'no_member', 'no_station'"),
    ("ticket", "close_outcome", "'answered', 'not_possible', 'partly', 'resolved'"),
    ("ticket", "last_word_by", "'enterprise', 'staff'"),
    ("timeline_entry", "kind", KINDS),
    ("timeline_entry", "actor_role", ROLES),
    ("timeline_entry", "from_status", STATUSES),
    ("timeline_entry", "to_status", STATUSES),
    ("message", "author_role", ROLES),
    ("decision", "outcome", "'chosen', 'nobody', 'person'"),
    (
        "offer",
        "reason_code",
        (
            "'conflict', 'duplicate', 'expired', 'information_missing', 'no_capacity',"
            " 'no_qualification', 'not_in_scope', 'wrong_park'"
        ),
    ),
    (
        "service_event",
        "not_countable_reason",
        (
            "'before_filing', 'no_evidence', 'no_substance', 'no_time', 'same_controller',"
            " 'same_day', 'too_late'"
        ),
    ),
    ("clock", "last_rung", RUNGS),
    ("clock", "next_rung", RUNGS),
    ("clock_pause", "reason", "'enterprise', 'force_majeure', 'returned', 'third_party'"),
    ("alarm", "kind", "'accept', 'contact', 'offer', 'resolve'"),
    ("alarm", "rung", RUNGS),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table, column, codes in CHECKS:
            name = f"ck_{table}_{column}"
            # A migration that was interrupted begins again.
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
            op.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN ({codes})) NOT VALID"
            )
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def downgrade() -> None:
    for table, column, _codes in CHECKS:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{column}")

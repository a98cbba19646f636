"""A case can come back from an institution: taken back, given back, or its offer withdrawn.

The release that serves writes none of it, and rounds of its own leave out nothing that is new: what
people choose by hand it may offer by itself, for the seconds in which both serve.
"""

from __future__ import annotations

from alembic import op

revision = "9c4d20f7a1be"
down_revision = "e5a90c47b2d8"
branch_labels = None
depends_on = None

REASONS = (
    "'not_in_scope', 'wrong_park', 'information_missing', 'no_qualification', 'conflict',"
    " 'no_capacity', 'duplicate', 'expired', 'silent', 'slow', 'poor', 'wish', 'mistake',"
    " 'unreachable'"
)
SUBJECTS = "subject_kind IN ('ticket', 'person', 'enterprise', 'offer')"
STATES = "'offered', 'accepted', 'declined', 'expired', 'withdrawn', 'taken_back', 'given_back'"
PARTIES = "'enterprise', 'institution', 'station', 'zone'"
KINDS = """'accept', 'answer', 'archive', 'assign', 'auto_close', 'bounce', 'change_service',
    'confirm', 'consent', 'contact', 'dispatch', 'file', 'give_back', 'hand_over', 'hold',
    'loan_accepted', 'loan_approved', 'loan_asked', 'loan_examined', 'loan_guaranteed',
    'loan_lapsed', 'loan_refused', 'loan_stopped', 'loan_taken_back', 'loan_taken_up',
    'loan_withdrawn', 'merge', 'merge_in', 'pick_up', 'redo', 'refuse', 'release', 'reopen',
    'resubmit', 'resume', 'return', 'route', 'rung', 'start', 'take_back', 'urge', 'verdict',
    'withdraw', 'withdraw_offer'"""
CHECKS = {
    ("offer", "state"): f"state IN ({STATES})",
    ("offer", "reason_code"): f"reason_code IN ({REASONS})",
    ("offer", "party"): f"party IN ({PARTIES})",
    ("timeline_entry", "kind"): f"kind IN ({KINDS})",
    ("notification", "subject_kind"): SUBJECTS,
    ("outbox", "subject_kind"): SUBJECTS,
}
POOL = "status = 'accepted' AND delivered_by = 'pool' AND bounces < 2 AND consent AND NOT by_hand"
INDEXES = {
    "ix_ticket_unoffered": (
        f"ON ticket (urgent DESC, id) WHERE {POOL} AND waiting_reason IS DISTINCT FROM"
        " 'no_institution'"
    ),
    "ix_ticket_no_institution_kind": (
        "ON ticket (service_code, park_id, effort_points, urgent DESC, id) INCLUDE (enterprise_id,"
        f" bounces, turns) WHERE {POOL} AND waiting_reason = 'no_institution'"
    ),
}


def upgrade() -> None:
    # A migration that was interrupted begins again.
    op.execute(
        "ALTER TABLE ticket ADD COLUMN IF NOT EXISTS turns smallint NOT NULL DEFAULT 0,"
        " ADD COLUMN IF NOT EXISTS by_hand boolean NOT NULL DEFAULT false"
    )
    op.execute(
        "ALTER TABLE offer ADD COLUMN IF NOT EXISTS ended_at timestamptz,"
        " ADD COLUMN IF NOT EXISTS party text"
    )
    with op.get_context().autocommit_block():
        for (table, column), rule in CHECKS.items():
            name = f"ck_{table}_{column}"
            op.execute(
                f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name},"
                f" ADD CONSTRAINT {name} CHECK ({rule}) NOT VALID"
            )
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
        for name, rows in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} {rows}")


def downgrade() -> None:
    op.drop_column("offer", "party")
    op.drop_column("offer", "ended_at")
    op.drop_column("ticket", "by_hand")
    op.drop_column("ticket", "turns")

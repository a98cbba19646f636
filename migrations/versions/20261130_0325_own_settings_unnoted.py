"""In which language somebody reads, and whether they get mails, is no matter of the security log."""

from __future__ import annotations

from alembic import op

revision = "f17c3b8ad052"
down_revision = "c41d7be2905a"
branch_labels = None
depends_on = None

IGNORED = "create_datetime,update_datetime,confirmed_at,acting_membership_id,fs_uniquifier,tf_last_counter,demo"
COLUMNS = "email, password, active, name_en, name_zh, phone"
FACTOR = "tf_primary_method, tf_totp_secret, mf_recovery_codes"


def _note(columns: str, ignored: str) -> None:
    op.execute("DROP TRIGGER person_noted ON person")
    op.execute(
        f"CREATE TRIGGER person_noted AFTER INSERT OR DELETE OR UPDATE OF {columns} ON person FOR EACH ROW "
        f"EXECUTE FUNCTION security_note_row('person_changed', 'person', 'id', 'email', '{ignored}')"
    )


def upgrade() -> None:
    _note(f"{COLUMNS}, {FACTOR}", f"{IGNORED},locale,mail_enabled")


def downgrade() -> None:
    _note(f"{COLUMNS}, locale, mail_enabled, {FACTOR}", IGNORED)

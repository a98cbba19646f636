"""No change of people and administrative data goes unnoted, whoever makes it: only the owner of the
tables lets a transaction load a zone, every column that matters is noted when it changes, and the
time of an entry is the database's.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = "2e9a7d51c0f4"
down_revision = "f17c3b8ad052"
branch_labels = None
depends_on = None

IS_LOADING = """
CREATE FUNCTION security_is_loading() RETURNS boolean LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM loading
        WHERE xact = pg_current_xact_id()::text::bigint AND until > clock_timestamp()
    )
$$
"""

NOTING = """
CREATE OR REPLACE FUNCTION security_note_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    who jsonb := coalesce(nullif(current_setting('portal.actor', true), ''), '{}')::jsonb;
    kind text := TG_ARGV[0];
    -- What the product writes while it works, and what follows from other columns.
    churn text[] := ARRAY['acting_membership_id', 'confirmed_at', 'create_datetime', 'created_at', 'fs_uniquifier',
        'last_assigned_at', 'last_offered_at', 'last_used_on', 'locale', 'mail_enabled', 'sort_key', 'tf_last_counter',
        'update_datetime', 'updated_at'];
    ignored text[] := CASE TG_OP WHEN 'UPDATE' THEN churn ELSE churn || string_to_array(TG_ARGV[4], ',') || ARRAY['id'] END;
    before jsonb;
    after jsonb;
    about jsonb;
    fields jsonb;
BEGIN
    IF security_is_loading() THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        before := to_jsonb(OLD);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        after := to_jsonb(NEW);
    END IF;
    about := coalesce(after, before);
    IF TG_TABLE_NAME = 'service_version' THEN
        SELECT v.definition INTO before FROM service_version AS v
        WHERE v.service_code = NEW.service_code AND v.version < NEW.version ORDER BY v.version DESC LIMIT 1;
        after := NEW.definition || jsonb_build_object('note', NEW.note);
    END IF;
    IF TG_TABLE_NAME = 'service' AND TG_OP = 'UPDATE' THEN
        before := before || jsonb_build_object('version_id', (SELECT v.version FROM service_version AS v WHERE v.id = OLD.version_id));
        after := after || jsonb_build_object('version_id', (SELECT v.version FROM service_version AS v WHERE v.id = NEW.version_id));
    END IF;
    IF TG_TABLE_NAME IN ('calendar', 'routing_rule') THEN
        -- It counts the changes of the other columns.
        ignored := ignored || ARRAY['version'];
    END IF;
    SELECT jsonb_object_agg(CASE name WHEN 'token_hash' THEN 'secret' ELSE name END, CASE
        WHEN name ~ '(password|secret|hash|token|uniquifier|recovery|totp|handle|salt)' THEN '["•••", "•••"]'::jsonb
        ELSE jsonb_build_array(before -> name, after -> name) END)
    INTO fields
    FROM (SELECT jsonb_object_keys(coalesce(before, '{}') || coalesce(after, '{}')) AS name) AS names
    WHERE NOT name = ANY(ignored)
        AND coalesce(before -> name, 'null') IS DISTINCT FROM coalesce(after -> name, 'null')
        AND NOT (before IS NULL AND (after -> name) IN ('""', '[]', '{}'))
        AND NOT (after IS NULL AND (before -> name) IN ('""', '[]', '{}'));
    IF fields IS NULL THEN
        RETURN NULL;
    END IF;
    kind := CASE
        WHEN TG_TABLE_NAME = 'membership' AND TG_OP = 'INSERT' THEN 'role_given'
        WHEN TG_TABLE_NAME = 'membership' AND fields ? 'ended_at' THEN 'role_ended'
        WHEN TG_TABLE_NAME = 'invitation' AND fields ? 'accepted_at' THEN 'invitation_accepted'
        WHEN TG_TABLE_NAME = 'invitation' AND fields ? 'revoked_at' THEN 'invitation_revoked'
        WHEN TG_TABLE_NAME = 'api_token' AND fields ? 'revoked_at' THEN 'token_revoked'
        WHEN TG_TABLE_NAME = 'person' AND TG_OP = 'UPDATE' AND fields ? 'password' THEN
            CASE WHEN (who ->> 'person_id')::bigint = (after ->> 'id')::bigint THEN 'password_changed' ELSE 'password_reset' END
        WHEN TG_TABLE_NAME = 'person' AND TG_OP = 'UPDATE' AND fields ?| ARRAY['tf_primary_method', 'tf_totp_secret', 'mf_recovery_codes'] THEN 'factor_changed'
        ELSE kind END;
    PERFORM security_note(kind, TG_ARGV[1], about ->> TG_ARGV[2], coalesce(about ->> TG_ARGV[3], ''),
        jsonb_build_object('act', CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'DELETE' THEN 'removed' ELSE 'changed' END,
            'of', TG_TABLE_NAME, 'fields', fields));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION security_note_links() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    one record;
BEGIN
    IF security_is_loading() THEN
        RETURN NULL;
    END IF;
    FOR one IN EXECUTE format(
        'SELECT to_jsonb(l) ->> %L AS owner, jsonb_agg(to_jsonb(l) - %L - ''id'' ORDER BY to_jsonb(l)::text) AS links FROM links AS l GROUP BY 1',
        TG_ARGV[2], TG_ARGV[2])
    LOOP
        PERFORM security_note(TG_ARGV[0], TG_ARGV[1], one.owner, '',
            jsonb_build_object('act', coalesce(TG_ARGV[3], CASE TG_OP WHEN 'INSERT' THEN 'added' ELSE 'removed' END), 'of', TG_TABLE_NAME, 'links', one.links));
    END LOOP;
    RETURN NULL;
END $$;
"""

FORMER = """
CREATE OR REPLACE FUNCTION security_note_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    who jsonb := coalesce(nullif(current_setting('portal.actor', true), ''), '{}')::jsonb;
    kind text := TG_ARGV[0];
    ignored text[] := string_to_array(TG_ARGV[4], ',') || ARRAY['id'];
    before jsonb;
    after jsonb;
    about jsonb;
    fields jsonb;
BEGIN
    IF current_setting('portal.loading', true) = 'on' THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        before := to_jsonb(OLD);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        after := to_jsonb(NEW);
    END IF;
    about := coalesce(after, before);
    IF TG_TABLE_NAME = 'service_version' THEN
        SELECT v.definition INTO before FROM service_version AS v
        WHERE v.service_code = NEW.service_code AND v.version < NEW.version ORDER BY v.version DESC LIMIT 1;
        after := NEW.definition || jsonb_build_object('note', NEW.note);
    END IF;
    SELECT jsonb_object_agg(name, CASE
        WHEN name ~ '(password|secret|hash|token|uniquifier|recovery|totp|handle|salt)' THEN '["•••", "•••"]'::jsonb
        ELSE jsonb_build_array(before -> name, after -> name) END)
    INTO fields
    FROM (SELECT jsonb_object_keys(coalesce(before, '{}') || coalesce(after, '{}')) AS name) AS names
    WHERE NOT name = ANY(ignored)
        AND coalesce(before -> name, 'null') IS DISTINCT FROM coalesce(after -> name, 'null')
        AND NOT (before IS NULL AND (after -> name) IN ('""', '[]', '{}'))
        AND NOT (after IS NULL AND (before -> name) IN ('""', '[]', '{}'));
    IF fields IS NULL THEN
        RETURN NULL;
    END IF;
    kind := CASE
        WHEN TG_TABLE_NAME = 'membership' AND TG_OP = 'INSERT' THEN 'role_given'
        WHEN TG_TABLE_NAME = 'membership' AND fields ? 'ended_at' THEN 'role_ended'
        WHEN TG_TABLE_NAME = 'invitation' AND fields ? 'accepted_at' THEN 'invitation_accepted'
        WHEN TG_TABLE_NAME = 'invitation' AND fields ? 'revoked_at' THEN 'invitation_revoked'
        WHEN TG_TABLE_NAME = 'api_token' AND fields ? 'revoked_at' THEN 'token_revoked'
        WHEN TG_TABLE_NAME = 'person' AND TG_OP = 'UPDATE' AND fields ? 'password' THEN
            CASE WHEN (who ->> 'person_id')::bigint = (after ->> 'id')::bigint THEN 'password_changed' ELSE 'password_reset' END
        WHEN TG_TABLE_NAME = 'person' AND TG_OP = 'UPDATE' AND fields ?| ARRAY['tf_primary_method', 'tf_totp_secret', 'mf_recovery_codes'] THEN 'factor_changed'
        ELSE kind END;
    PERFORM security_note(kind, TG_ARGV[1], about ->> TG_ARGV[2], coalesce(about ->> TG_ARGV[3], ''),
        jsonb_build_object('act', CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'DELETE' THEN 'removed' ELSE 'changed' END,
            'of', TG_TABLE_NAME, 'fields', fields));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION security_note_links() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    one record;
BEGIN
    IF current_setting('portal.loading', true) = 'on' THEN
        RETURN NULL;
    END IF;
    FOR one IN EXECUTE format(
        'SELECT to_jsonb(l) ->> %L AS owner, jsonb_agg(to_jsonb(l) - %L - ''id'' ORDER BY to_jsonb(l)::text) AS links FROM links AS l GROUP BY 1',
        TG_ARGV[2], TG_ARGV[2])
    LOOP
        PERFORM security_note(TG_ARGV[0], TG_ARGV[1], one.owner, '',
            jsonb_build_object('act', CASE TG_OP WHEN 'INSERT' THEN 'added' ELSE 'removed' END, 'of', TG_TABLE_NAME, 'links', one.links));
    END LOOP;
    RETURN NULL;
END $$;
"""

# Table, what an entry says of a row, the columns whose change it notes, and those it did.
KEYS = {
    "person": "'person_changed', 'person', 'id', 'email', 'create_datetime,update_datetime,confirmed_at,acting_membership_id,fs_uniquifier,tf_last_counter,demo,locale,mail_enabled'",
    "api_token": "'token_made', 'api_token', 'id', 'name', 'created_at,person_id,membership_id,token_hash,last_used_on'",
    "service": "'catalogue_changed', 'service', 'code', 'code', 'version_id'",
    "institution": "'directory_changed', 'institution', 'id', 'code', 'sort_key,last_offered_at'",
    "member": "'directory_changed', 'member', 'id', 'code', 'last_assigned_at'",
}
FORMER_COLUMNS = {
    "person": "email, password, active, name_en, name_zh, phone, tf_primary_method, tf_totp_secret, mf_recovery_codes",
    "api_token": "name, expires_at, revoked_at, membership_id",
    "service": "active, position, category_code",
    "institution": "code, name_en, name_zh, kind_en, kind_zh, status, uscc, controller, contact_name, phone, email, licence_no, licence_from, licence_until, capacity_points",
    "member": "code, person_id, station_id, name_en, name_zh, email, is_lead, phone, capacity_points, calendar_id, on_duty, active",
}
MORE = {
    "person": "id, demo",
    "api_token": "id, person_id, token_hash, prefix, scopes",
    "service": "code, name_en, name_zh, version_id",
    "institution": "id",
    "member": "id",
}
# What a link says of its owner: the kind of entry, what it is about, and by which column.
LINKS = {
    "calendar_day": "'calendar_changed', 'calendar', 'calendar_id'",
    "institution_scope": "'directory_changed', 'institution', 'institution_id'",
    "member_skill": "'directory_changed', 'member', 'member_id'",
    "station_coverage": "'directory_changed', 'station', 'station_id'",
}
DATING = """
CREATE FUNCTION security_date_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := clock_timestamp();
    RETURN NEW;
END $$
"""


def _product() -> str | None:
    """Give the product's role; None where it is the owner too, who can't be held back."""
    role = sa.make_url(current_app.config["DATABASE_URL"]).username
    return None if role == op.get_bind().scalar(sa.text("SELECT current_user")) else role


def _note(columns: dict[str, str]) -> None:
    for table, said in KEYS.items():
        op.execute(f"DROP TRIGGER {table}_noted ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_noted AFTER INSERT OR DELETE OR UPDATE OF {columns[table]}"
            f" ON {table} FOR EACH ROW EXECUTE FUNCTION security_note_row({said})"
        )


def upgrade() -> None:
    op.create_table(
        "loading",
        sa.Column("xact", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("xact", name=op.f("pk_loading")),
    )
    op.execute(IS_LOADING)
    op.execute(sa.text(NOTING.replace(":", "\\:")))
    _note({table: f"{FORMER_COLUMNS[table]}, {more}" for table, more in MORE.items()})
    # A link that is changed is one that went and one that came.
    for table, said in LINKS.items():
        for rows, act in (("OLD", "removed"), ("NEW", "added")):
            op.execute(
                f"CREATE TRIGGER {table}_noted_update_{act} AFTER UPDATE ON {table}"
                f" REFERENCING {rows} TABLE AS links FOR EACH STATEMENT"
                f" EXECUTE FUNCTION security_note_links({said}, '{act}')"
            )
    op.execute(sa.text(DATING.replace(":", "\\:")))
    op.execute(
        "CREATE TRIGGER security_log_dated BEFORE INSERT ON security_log"
        " FOR EACH ROW EXECUTE FUNCTION security_date_entry()"
    )
    if role := _product():
        op.execute(f'REVOKE INSERT, UPDATE, DELETE ON loading FROM "{role}"')


def downgrade() -> None:
    op.execute("DROP TRIGGER security_log_dated ON security_log")
    op.execute("DROP FUNCTION security_date_entry()")
    for table in LINKS:
        for act in ("removed", "added"):
            op.execute(f"DROP TRIGGER {table}_noted_update_{act} ON {table}")
    op.execute(sa.text(FORMER.replace(":", "\\:")))
    _note(FORMER_COLUMNS)
    op.execute("DROP FUNCTION security_is_loading()")
    op.drop_table("loading")

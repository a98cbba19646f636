"""A security log: what people did to accounts and administrative data, and what was refused. The database notes every change of such data by itself, before and after."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from flask import current_app
from sqlalchemy.dialects import postgresql

revision = "8c52e7a4b106"
down_revision = "5b8e21c4f730"
branch_labels = None
depends_on = None

KINDS = (
    "signed_in", "sign_in_failed", "signed_out", "password_changed", "password_reset",
    "factor_changed", "refused", "missing", "throttled", "forged", "exported", "role_given",
    "role_ended", "invited", "invitation_accepted", "invitation_revoked", "token_made",
    "token_revoked", "person_changed", "directory_changed", "catalogue_changed",
    "rule_changed", "calendar_changed",
)  # fmt: skip

FUNCTIONS = """
CREATE FUNCTION security_note(kind text, object_table text, object_id text, object_name text, details jsonb)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    who jsonb := coalesce(nullif(current_setting('portal.actor', true), ''), '{}')::jsonb;
    named text := object_name;
BEGIN
    IF named = '' AND object_table IN ('calendar', 'enterprise', 'institution', 'member', 'person', 'station') THEN
        EXECUTE format('SELECT %I FROM %I WHERE id = $1::bigint', CASE object_table WHEN 'enterprise' THEN 'uscc' WHEN 'person' THEN 'email' ELSE 'code' END, object_table)
        INTO named USING object_id;
    END IF;
    INSERT INTO security_log (kind, person_id, person_name, role, object_table, object_id, object_name, address, agent, details)
    VALUES (kind, (who ->> 'person_id')::bigint, coalesce(who ->> 'name', ''), coalesce(who ->> 'role', 'system'),
        object_table, object_id, coalesce(named, ''), coalesce(who ->> 'address', ''), coalesce(who ->> 'agent', ''), details);
END $$;

CREATE FUNCTION security_note_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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

CREATE FUNCTION security_note_links() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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

REVOKE ALL ON FUNCTION security_note(text, text, text, text, jsonb) FROM PUBLIC;
"""

# table: kind, table and id column of what it is about, its name column, columns not noted, columns whose update is noted (empty: any)
ROWS = {
    "zone": ("directory_changed", "zone", "id", "name_en", "", ""),
    "park": ("directory_changed", "park", "id", "code", "", ""),
    "station": ("directory_changed", "station", "id", "code", "", ""),
    "institution": ("directory_changed", "institution", "id", "code", "sort_key,last_offered_at", "code, name_en, name_zh, kind_en, kind_zh, status, uscc, controller, contact_name, phone, email, licence_no, licence_from, licence_until, capacity_points"),
    "member": ("directory_changed", "member", "id", "code", "last_assigned_at", "code, person_id, station_id, name_en, name_zh, email, is_lead, phone, capacity_points, calendar_id, on_duty, active"),
    "enterprise": ("directory_changed", "enterprise", "id", "uscc", "sort_key,demo", ""),
    "absence": ("directory_changed", "member", "member_id", "", "member_id", ""),
    "enterprise_exclusion": ("directory_changed", "enterprise", "enterprise_id", "", "enterprise_id", ""),
    "interest_conflict": ("directory_changed", "enterprise", "enterprise_id", "", "enterprise_id", ""),
    "category": ("catalogue_changed", "category", "code", "code", "", ""),
    "service": ("catalogue_changed", "service", "code", "code", "version_id", "active, position, category_code"),
    "service_version": ("catalogue_changed", "service", "service_code", "service_code", "code", ""),
    "routing_rule": ("rule_changed", "routing_rule", "id", "name_en", "version,updated_at", ""),
    "calendar": ("calendar_changed", "calendar", "id", "code", "version", ""),
    "calendar_year": ("calendar_changed", "calendar", "calendar_id", "", "calendar_id", ""),
    "person": ("person_changed", "person", "id", "email", "create_datetime,update_datetime,confirmed_at,acting_membership_id,fs_uniquifier,tf_last_counter,demo", "email, password, active, name_en, name_zh, phone, locale, mail_enabled, tf_primary_method, tf_totp_secret, mf_recovery_codes"),
    "membership": ("role_given", "person", "person_id", "", "person_id,created_at", ""),
    "invitation": ("invited", "invitation", "id", "email", "created_at,invited_by_id,token_hash", ""),
    "api_token": ("token_made", "api_token", "id", "name", "created_at,person_id,membership_id,token_hash,last_used_on", "name, expires_at, revoked_at, membership_id"),
}  # fmt: skip
LINKS = {
    "station_coverage": ("directory_changed", "station", "station_id"),
    "institution_scope": ("directory_changed", "institution", "institution_id"),
    "member_skill": ("directory_changed", "member", "member_id"),
    "calendar_day": ("calendar_changed", "calendar", "calendar_id"),
}


def upgrade() -> None:
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    op.create_table(
        "security_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("person_name", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("object_table", sa.Text(), nullable=True),
        sa.Column("object_id", sa.Text(), nullable=True),
        sa.Column("object_name", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("agent", sa.Text(), server_default="", nullable=False),
        sa.Column("details", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.CheckConstraint(f"kind IN ({kinds})", name=op.f("ck_security_log_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_log")),
    )
    op.create_index("ix_security_log_at", "security_log", ["at", "id"])
    op.create_index("ix_security_log_kind", "security_log", ["kind", "at", "id"])
    op.create_index("ix_security_log_person", "security_log", ["person_id", "at", "id"], postgresql_where=sa.text("person_id IS NOT NULL"))
    op.create_index("ix_security_log_object", "security_log", ["object_table", "object_id", "at", "id"], postgresql_where=sa.text("object_id IS NOT NULL"))
    op.create_index("ix_security_log_name", "security_log", [sa.text("lower(object_name)"), "at", "id"], postgresql_where=sa.text("object_name <> ''"))
    database = op.get_bind()
    op.execute(sa.text(FUNCTIONS.replace(":", "\\:")))
    for table, (kind, about, key, name, ignored, columns) in ROWS.items():
        of = f" OF {columns}" if columns else ""
        database.exec_driver_sql(
            f"CREATE TRIGGER {table}_noted AFTER INSERT OR DELETE OR UPDATE{of} ON {table} FOR EACH ROW "
            f"EXECUTE FUNCTION security_note_row('{kind}', '{about}', '{key}', '{name}', '{ignored}')"
        )
    for table, (kind, about, key) in LINKS.items():
        for act, rows in (("INSERT", "NEW"), ("DELETE", "OLD")):
            database.exec_driver_sql(
                f"CREATE TRIGGER {table}_noted_{act.lower()} AFTER {act} ON {table} REFERENCING {rows} TABLE AS links FOR EACH STATEMENT "
                f"EXECUTE FUNCTION security_note_links('{kind}', '{about}', '{key}')"
            )
    product = sa.make_url(current_app.config["DATABASE_URL"]).username
    if product != database.scalar(sa.text("SELECT current_user")):
        op.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON security_log FROM "{product}"')


def downgrade() -> None:
    database = op.get_bind()
    for table in ROWS:
        database.exec_driver_sql(f"DROP TRIGGER {table}_noted ON {table}")
    for table in LINKS:
        for act in ("insert", "delete"):
            database.exec_driver_sql(f"DROP TRIGGER {table}_noted_{act} ON {table}")
    for function in ("security_note_row()", "security_note_links()", "security_note(text, text, text, text, jsonb)"):
        database.exec_driver_sql(f"DROP FUNCTION {function}")
    op.drop_table("security_log")

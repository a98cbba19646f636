"""An anchor that the product keeps is of a day that is over, of the head of its chain, and of now.

The release that serves keeps the head for the day before, so nothing of it is refused. The owner of
a table is not asked: a restore brings anchors as they were kept.
"""

from __future__ import annotations

from alembic import op

revision = "d41b7f93c60e"
down_revision = "e4a7c1d92b58"
branch_labels = None
depends_on = None

OF_NOW = """
CREATE OR REPLACE FUNCTION {name}_anchor_check() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF current_user = (SELECT tableowner FROM pg_tables
            WHERE schemaname = TG_TABLE_SCHEMA AND tablename = TG_TABLE_NAME)
    THEN
        NEW.at := least(NEW.at, clock_timestamp());
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT FROM {name}_entry WHERE seq = NEW.seq AND hash = NEW.hash)
        AND NOT (NEW.seq = 0 AND NEW.hash = decode('00', 'hex'))
    THEN
        RAISE EXCEPTION 'an anchor must be of the chain: entry % has another hash', NEW.seq
            USING ERRCODE = 'restrict_violation';
    END IF;
    -- Where the zone lies is not known here: the day is over somewhere.
    IF NEW.day >= (clock_timestamp() AT TIME ZONE 'UTC' + interval '14 hours')::date THEN
        RAISE EXCEPTION 'an anchor must be of a day that is over: % is not', NEW.day
            USING ERRCODE = 'restrict_violation';
    END IF;
    -- What is written after an anchor is judged by its moment and its place in the chain.
    SELECT head.seq, head.hash INTO STRICT NEW.seq, NEW.hash FROM {name}_head AS head;
    NEW.at := clock_timestamp();
    RETURN NEW;
END $$
"""
OF_THE_CHAIN = """
CREATE OR REPLACE FUNCTION {name}_anchor_check() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF current_user <> (SELECT tableowner FROM pg_tables
            WHERE schemaname = TG_TABLE_SCHEMA AND tablename = TG_TABLE_NAME)
        AND NOT EXISTS (SELECT FROM {name}_entry WHERE seq = NEW.seq AND hash = NEW.hash)
        AND NOT (NEW.seq = 0 AND NEW.hash = decode('00', 'hex'))
    THEN
        RAISE EXCEPTION 'an anchor must be of the chain: entry % has another hash', NEW.seq
            USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.at := least(NEW.at, clock_timestamp());
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    for name in ("usage", "money"):
        op.execute(OF_NOW.format(name=name))


def downgrade() -> None:
    for name in ("usage", "money"):
        op.execute(OF_THE_CHAIN.format(name=name))

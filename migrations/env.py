"""Runs migrations as the owner of the schema, one at a time, without waiting long for a lock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context
from flask import current_app

target_metadata = current_app.extensions["migrate"].db.metadata

# Any constant: it keeps two migrating processes apart.
MIGRATION_LOCK = 7_314_159


def run_online() -> None:
    """Migrate over a connection of the owner."""
    url = sa.make_url(current_app.config["DATABASE_OWNER_URL"]).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.execute(sa.text("SET lock_timeout = '5s'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=target_metadata,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()


run_online()

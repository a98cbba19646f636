"""The test PostgreSQL: databases made from a template, roles as in production."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import psycopg
import sqlalchemy as sa
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
# What a filled template depends on: the schema, the seeds, and the folders that load them.
SEEDS = (
    "migrations/**/*.py",
    "migrations/**/*.sql",
    "service_portal/*/*models.py",
    "service_portal/*/data/*",
    "service_portal/*/seeding.py",
    "service_portal/catalogue/*.py",
    "service_portal/sla/*.py",
    "tests/server.py",
)
KEPT_ROLES = ("postgres", "portal_owner", "portal_app")


class TestServer:
    """Makes, copies and drops databases on the server behind `admin_url`."""

    __test__ = False

    def __init__(self, admin_url: str, *, name: str) -> None:
        self.admin_url = sa.make_url(admin_url)
        self.name = name
        self._templates = f"portal_{name}_template_"

    def url(self, database: str, *, role: str) -> str:
        """Give the URL of a database for one of the product's two roles."""
        return self.admin_url.set(database=database, username=role, password=None).render_as_string(
            hide_password=False
        )

    def template(self, fill: Callable[[str], None]) -> str:
        """Give the name of a filled database, made once for each state of the schema and seeds."""
        digest = sha256()
        for pattern in SEEDS:
            for path in sorted(ROOT.glob(pattern)):
                digest.update(path.read_bytes())
        database = f"{self._templates}{digest.hexdigest()[:12]}"
        with self._lock():
            if not self._exists(database):
                self._drop_templates()
                making = f"{database}_making"
                self.make(making)
                with psycopg.connect(self._dsn(making), autocommit=True) as connection:
                    connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
                    connection.execute("ALTER SCHEMA public OWNER TO portal_owner")
                fill(making)
                self._execute(f'ALTER DATABASE "{making}" RENAME TO "{database}"')
        return database

    def sweep(self) -> None:
        """Remove what a run that was cut off has left: every database but the templates, and roles.

        Only for a server that no other run uses.
        """
        with psycopg.connect(self._dsn(), autocommit=True) as connection:
            databases = connection.execute(
                "SELECT datname FROM pg_database WHERE datname <> 'postgres' AND NOT datistemplate"
            ).fetchall()
            for (database,) in databases:
                if not database.startswith(self._templates) or database.endswith("_making"):
                    self.drop(database)
            roles = connection.execute(
                "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> ALL(%s)",
                (list(KEPT_ROLES),),
            ).fetchall()
            for (role,) in roles:
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))

    def copy(self, template: str, suffix: str) -> str:
        """Make a database from the template and give its name."""
        database = f"portal_{self.name}_{suffix}"
        with self._lock():
            self.drop(database)
            self._execute(
                f'CREATE DATABASE "{database}" TEMPLATE "{template}" STRATEGY FILE_COPY OWNER'
                " portal_owner"
            )
        return database

    def make(self, database: str) -> None:
        """Make an empty database, in place of one that was left over."""
        self._roles()
        self.drop(database)
        self._execute(f'CREATE DATABASE "{database}" OWNER portal_owner')

    def admin_dsn(self, database: str) -> str:
        """Give the address of a database for who may do everything, as PostgreSQL's programs take
        it.
        """
        return self._dsn(database)

    def drop(self, database: str) -> None:
        """Remove a database, its connections included."""
        self._execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _drop_templates(self) -> None:
        """Remove the templates of former states of the code."""
        with psycopg.connect(self._dsn(), autocommit=True) as connection:
            outdated = connection.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (self._templates,)
            ).fetchall()
        for (database,) in outdated:
            self.drop(database)

    def _roles(self) -> None:
        for role in ("portal_owner", "portal_app"):
            with psycopg.connect(self._dsn(), autocommit=True) as connection:
                known = connection.execute(
                    "SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)
                ).fetchone()
                if not known:
                    connection.execute(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS")

    def _exists(self, database: str) -> bool:
        with psycopg.connect(self._dsn(), autocommit=True) as connection:
            return (
                connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", (database,)
                ).fetchone()
                is not None
            )

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._dsn(), autocommit=True) as connection:
            connection.execute(statement)

    def _dsn(self, database: str | None = None) -> str:
        url = self.admin_url.set(drivername="postgresql")
        return (url.set(database=database) if database else url).render_as_string(
            hide_password=False
        )

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with (Path(tempfile.gettempdir()) / f"portal-test-{os.geteuid()}-{self.name}.lock").open(
            "w"
        ) as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

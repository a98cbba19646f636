"""The one SQLAlchemy handle, the declarative base and the column types every table shares."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import sqlalchemy as sa
from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from psycopg.pq import TransactionStatus
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column, registry

from service_portal.kernel import clock
from service_portal.kernel.codes import among
from service_portal.kernel.connections import drop_stale
from service_portal.kernel.masking import mask_at_the_source

BigId = Annotated[int, mapped_column(sa.BigInteger, sa.Identity(always=False), primary_key=True)]
BigRef = Annotated[int, mapped_column(sa.BigInteger)]
AnyRow = sa.Row[*tuple[Any, ...]]


NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Names constraints by rule, so that migrations and error handling can rely on them."""

    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMES),
        type_annotation_map={
            datetime: sa.DateTime(timezone=True),
            dict[str, Any]: JSONB,
            list[Any]: JSONB,
            str: sa.Text,
        },
    )


def coded(codes: Iterable[StrEnum], **options: Any) -> MappedColumn[Any]:
    """Declare a column that holds one of some codes; `holds` lets the database check it."""
    return mapped_column(info={"codes": tuple(codes)}, **options)


def holds(column: str, codes: Iterable[StrEnum], *, name: str = "") -> sa.CheckConstraint:
    """Give the check that a column holds one of some codes."""
    return sa.CheckConstraint(among(column, codes), name=name or column)


def constants(words: Iterable[str]) -> list[sa.ColumnElement[str]]:
    """Write words of our own into a statement: its plan may count on them, and it need not be
    written anew each time for as many parameters as there are words.
    """
    return [sa.literal_column(f"'{word}'", sa.Text) for word in words]


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def keep_prepared(engine: sa.Engine) -> None:
    """Let prepared statements outlive a rollback, with which every request that only reads ends.

    psycopg forgets them all at each rollback, in case a table was made anew inside the transaction;
    then every page would be planned again. Nothing that runs here makes or drops tables.
    """

    def do_rollback(connection: Any) -> None:
        if connection.pgconn.transaction_status in {
            TransactionStatus.INTRANS,
            TransactionStatus.INERROR,
        }:
            connection.pgconn.exec_(b"ROLLBACK")
        else:
            connection.rollback()

    # A dialect's method, which takes nothing but the connection.
    engine.dialect.do_rollback = do_rollback  # type: ignore[method-assign,assignment]


_TIME = "SELECT clock_timestamp()"


def keep_time(engine: sa.Engine) -> None:
    """Let every new connection say what time it is."""

    def ask(connection: Any, _record: object) -> None:
        clock.hear(connection.execute(_TIME).fetchone()[0])
        connection.rollback()

    sa.event.listen(engine, "connect", ask)


def hear_time() -> None:
    """Ask the database what time it is, in the present transaction."""
    clock.hear(db.session.connection().exec_driver_sql(_TIME).scalar_one())


def tend(engine: sa.Engine) -> None:
    """Let an engine notice connections the server has closed, and keep data out of its errors."""
    drop_stale(engine)
    mask_at_the_source(engine)


def owners_engine() -> sa.Engine:
    """Give an engine that connects as the owner of the tables, for the few commands that may."""
    url = sa.make_url(current_app.config["DATABASE_OWNER_URL"])
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        poolclass=sa.NullPool,
        hide_parameters=True,
    )


def at_once(statement: sa.Executable, rows: Any = None) -> sa.CursorResult[Any]:
    """Run a statement in the session's transaction without writing its changed objects first.

    A use case changes its ticket in several places; this way they reach the database as one UPDATE
    at the end. Only for statements that neither read nor write what is still unwritten.
    """
    return db.session.connection().execute(statement, rows)


def take_time(*, seconds: int) -> None:
    """Let the statements of this transaction take as long, where a page says that it reads
    everything.
    """
    db.session.execute(sa.text(f"SET LOCAL statement_timeout = {seconds * 1000:d}"))


def constraint_of(error: sa.exc.IntegrityError) -> str | None:
    """Name the constraint that refused a row, or None when the driver does not say."""
    diagnostic = getattr(error.orig, "diag", None)
    return getattr(diagnostic, "constraint_name", None)

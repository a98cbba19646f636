"""An error of the database says what is wrong and where; what people typed is not in it."""

from __future__ import annotations

import io
import logging
from contextlib import suppress

import psycopg
import pytest
import sqlalchemy as sa
import structlog
from flask import Flask
from sqlalchemy.exc import DBAPIError

from service_portal.kernel.db import db
from service_portal.kernel.logs import Lenient, Masking
from service_portal.kernel.masking import mask

SECRET = "canary-4711"
INSERT = "INSERT INTO park (code, name_en, name_zh) VALUES (:code, :name, NULL)"


def _refused(statement: str, **values: object) -> DBAPIError:
    with pytest.raises(DBAPIError) as refused, db.session.begin_nested():
        db.session.execute(sa.text(statement), values)
    return refused.value


def _said(error: DBAPIError) -> str:
    return f"{error!s} {error!r} {error.orig!s} {error.orig!r}"


def test_a_row_that_is_refused_is_not_shown(app: Flask, db_session: None) -> None:
    error = _refused(INSERT, code="P99", name=f"{SECRET}\nDETAIL: {SECRET}")
    assert isinstance(error.orig, psycopg.Error)
    assert SECRET in str(error.orig.diag.message_detail)
    assert SECRET not in _said(error)
    assert "23502" in str(error) and "park, name_zh" in str(error)


def test_a_value_that_can_not_be_read_is_not_shown(app: Flask, db_session: None) -> None:
    error = _refused("SELECT CAST(CAST(:value AS text) AS bigint)", value=SECRET)
    assert SECRET not in _said(error) and "bigint" in str(error)


def test_the_error_of_a_bare_cursor_is_masked_in_a_log(app: Flask, db_session: None) -> None:
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(Masking())
    logger = logging.getLogger("test.masked")
    logger.addHandler(handler)
    cursor = db.session.connection().connection.cursor()
    rows = "COPY park (code, name_en, name_zh) FROM STDIN"
    with pytest.raises(psycopg.Error, match=SECRET) as caught, cursor.copy(rows) as copy:
        copy.write(f"{SECRET}\t{SECRET}\n".encode())
    with suppress(RuntimeError):
        raise RuntimeError("it did not work") from caught.value
    logger.error("it broke", exc_info=caught.value)
    logger.removeHandler(handler)
    assert "it broke" in said.getvalue() and "22P04" in said.getvalue()
    assert SECRET not in said.getvalue()


def test_an_error_that_never_reached_the_database_keeps_its_words() -> None:
    error = psycopg.OperationalError("connection refused")
    mask(error)
    assert str(error) == "connection refused"


def test_a_log_on_a_full_disk_loses_a_line_and_stops_nothing() -> None:
    with open("/dev/full", "wb", buffering=0) as full:
        stream = io.TextIOWrapper(full, write_through=True)
        # As little of a stream as the logger needs.
        structlog.PrintLogger(Lenient(stream)).msg("a line")  # type: ignore[arg-type]

"""After the database was restarted, nobody meets a connection that it has closed."""

from __future__ import annotations

import time

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.kernel.connections import _has_something_to_read
from service_portal.kernel.db import db
from tests.server import TestServer


@pytest.fixture
def closed(fresh_app: Flask, server: TestServer) -> Flask:
    """An application whose pool holds connections that the server has closed."""
    with fresh_app.app_context():
        held = [db.engine.connect() for _ in range(3)]
        for connection in held:
            connection.execute(sa.text("SELECT 1"))
        for connection in held:
            connection.close()
        name = db.engine.url.database
    ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    url = server.url("postgres", role="postgres")
    with psycopg.connect(url, autocommit=True) as admin:
        ended = admin.execute(ending, (name,)).fetchall()
    assert len(ended) >= 3
    time.sleep(0.2)
    return fresh_app


def test_the_first_request_after_a_restart_is_answered(closed: Flask) -> None:
    client = closed.test_client()
    assert client.get("/services").status_code == 200
    assert [client.get("/services").status_code for _ in range(4)] == [200] * 4


def test_looking_at_a_connection_costs_no_statement_and_next_to_no_time(fresh_app: Flask) -> None:
    with fresh_app.app_context(), db.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        handle = driver.fileno()
        begun = time.perf_counter()
        for _ in range(1000):
            assert not _has_something_to_read(handle)
        took = (time.perf_counter() - begun) / 1000
    print(f"a look costs {took * 1e6:.1f} µs")
    assert took < 0.0002

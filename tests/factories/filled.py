"""Applications on a database of their own that holds what many tests look at."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa
from flask import Flask

from service_portal.kernel.db import db
from tests.conftest import make_app
from tests.server import TestServer


@contextmanager
def filled(
    server: TestServer, template: str, home: Path, name: str, fill: Callable[[], object]
) -> Iterator[Flask]:
    """Give an application whose database holds what `fill` makes, committed and analysed: without
    statistics large queries are planned as if there were nothing.
    """
    database = server.copy(template, f"{name}_{os.getpid()}")
    app = make_app(server, database, home)
    with app.app_context():
        fill()
        db.session.commit()
        db.session.remove()
    with psycopg.connect(owner_dsn(app), autocommit=True) as connection:
        connection.execute("ANALYZE")
    yield app
    with app.app_context():
        db.engine.dispose()
    server.drop(database)


def owner_dsn(app: Flask) -> str:
    """Give the address of an application's database for its owner."""
    owner = sa.make_url(app.config["DATABASE_OWNER_URL"]).set(drivername="postgresql")
    return owner.render_as_string(hide_password=False)

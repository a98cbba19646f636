"""The web of `./portal dev`: templates are read anew, and each request says what it asked the
database.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, g, has_request_context, request

from config import load_settings
from service_portal.app import create_app
from service_portal.kernel.acting import insist
from service_portal.kernel.db import db

WIDTH = 160


def init_developing(app: Flask) -> None:
    """Let an application show what it does. Parameters of statements are not shown."""
    app.jinja_env.auto_reload = True
    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", _begin)
    sa.event.listen(engine, "after_cursor_execute", _end)
    app.before_request(_start)
    # What is registered first comes last: by then everything was asked.
    app.after_request_funcs.setdefault(None, []).insert(0, _say)


def _begin(_connection: Any, _cursor: Any, *_about: Any) -> None:
    if has_request_context():
        g.statement_begun = time.perf_counter()


def _end(_connection: Any, _cursor: Any, statement: str, *_about: Any) -> None:
    if has_request_context():
        took = time.perf_counter() - g.pop("statement_begun", time.perf_counter())
        g.setdefault("statements", []).append((" ".join(statement.split()), took))


def _start() -> None:
    g.request_begun = time.perf_counter()


def _say(response: Response) -> Response:
    if request.endpoint != "static":
        took = time.perf_counter() - g.get("request_begun", time.perf_counter())
        asked = g.get("statements", [])
        sys.stderr.write("\n".join(lines(response.status_code, took, asked)) + "\n")
    return response


def lines(status: int, took: float, asked: list[tuple[str, float]]) -> list[str]:
    """Give the lines about a request: a sentence, then each statement with how often it ran."""
    times = Counter(statement for statement, _took in asked)
    spent = Counter[str]()
    for statement, seconds in asked:
        spent[statement] += round(seconds * 1_000_000)
    said = [
        f"{request.method} {request.path} → {status} in {took * 1000:.0f} ms,"
        f" {len(asked)} statements in {sum(spent.values()) / 1000:.1f} ms"
    ]
    for statement, count in times.items():
        often = f"×{count}" if count > 1 else ""
        said.append(f"  {spent[statement] / 1000:6.1f} ms {often:>4} {statement[:WIDTH]}")
    return said


def application() -> Flask:
    """Build the application of `./portal dev`."""
    app = create_app(load_settings(os.environ))
    insist()
    init_developing(app)
    return app

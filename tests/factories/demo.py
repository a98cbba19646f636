"""Demo zones, each on a database of its own."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

from tests.conftest import make_app
from tests.server import TestServer


def seeded(server: TestServer, template: str, home: Path, name: str) -> tuple[str, Flask]:
    """Make a demo zone on a database of its own; no application may be in context meanwhile."""
    database = server.copy(template, f"demo_{name}_{os.getpid()}")
    app = make_app(server, database, home, patient=True)
    ran = app.test_cli_runner().invoke(args=["portal", "seed-demo"])
    assert ran.exit_code == 0 and "The demo zone is made" in ran.output, ran.output
    return database, app

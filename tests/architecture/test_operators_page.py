"""The operator's page keeps up: every part of the status page, command, setting and metric it
needs, and none that is gone.
"""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask import Flask

from config import SETTINGS
from service_portal.kernel.db import db
from service_portal.launcher.commands import OURS, PASSED_ON
from service_portal.web.health import parts
from tests.architecture.source import ROOT

PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
READ_WITH_IT = ("README.md", "SECURITY.md", "docs/operating.md")


def test_every_part_of_the_status_page_is_explained(app: Flask, db_session: None) -> None:
    with app.test_request_context():
        assert [part for part in parts() if f"| `{part}` |" not in PAGE] == []


def test_every_metric_is_named(app: Flask, db_session: None) -> None:
    said = app.test_client().get("/metrics").text
    names = set(re.findall(r"^# TYPE (\w+)", said, re.MULTILINE))
    assert names and [name for name in sorted(names) if name not in PAGE] == []


@pytest.mark.parametrize("name", READ_WITH_IT)
def test_only_commands_that_exist_are_named(name: str) -> None:
    commands = set(
        re.findall(
            r"`\./portal ([a-z-]+)|^\./portal ([a-z-]+)",
            (ROOT / name).read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    )
    assert {one or other for one, other in commands} <= {"help", *OURS, *PASSED_ON}


def test_only_settings_that_exist_are_named() -> None:
    named = {one for one in re.findall(r"`([A-Z][A-Z_]+[A-Z])(?:=[^`]*)?`", PAGE) if "_" in one}
    assert named and named <= SETTINGS.keys()


def test_what_it_lets_the_database_do_is_understood(app: Flask, db_session: None) -> None:
    statements = re.findall(r'["`](UPDATE [^"`]+)["`]', PAGE)
    assert len(statements) == 5
    for statement in statements:
        db.session.execute(sa.text(statement.replace("…", "0")))

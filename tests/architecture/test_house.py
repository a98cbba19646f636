"""The house itself: files stay small and explained, settings are in the README, migrations equal
the models.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask

from config import SETTINGS, table
from tests.architecture.source import ROOT, name_of, product, tree
from tests.conftest import TOTP_SECRETS, make_app
from tests.server import TestServer


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name_of(path)
        for path in product()
        if path.read_text(encoding="utf-8").strip() and not ast.get_docstring(tree(path))
    ]
    assert not silent


def test_every_public_function_makes_a_promise() -> None:
    silent = []
    for path in product():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef) and node.name == "Meta":
                continue
            if (
                isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
                and node in tree(path).body
                and not node.name.startswith("_")
                and not ast.get_docstring(node)
            ):
                silent.append(f"{name_of(path)}:{node.lineno} {node.name}")
    assert not silent


def test_no_docstring_lists_parameters() -> None:
    assert not [name_of(path) for path in product() if ":param" in path.read_text(encoding="utf-8")]


def test_every_setting_is_in_the_readme() -> None:
    readme = ROOT / "README.md"
    assert readme.exists(), "there is no README.md"
    text = readme.read_text(encoding="utf-8")
    assert [name for name in SETTINGS if f"`{name}`" not in text] == []
    assert table() in text, (
        "the table of settings in README.md is not what `python config.py` prints"
    )


def test_there_is_one_migration_head(app: Flask) -> None:
    with app.app_context():
        assert len(ScriptDirectory(str(ROOT / "migrations")).get_heads()) == 1


@pytest.fixture
def copied(server: TestServer, template: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Give the settings of a fresh copy of the migrated database, for a process of its own."""
    database = server.copy(template, f"models_{os.getpid()}")
    made = make_app(server, database, tmp_path / "home")
    names = (
        "DATABASE_URL",
        "DATABASE_OWNER_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "SECURITY_PASSWORD_SALT",
        "PORTAL_HOME",
    )
    yield {
        "SECURITY_TOTP_SECRETS": TOTP_SECRETS,
        **{name: str(made.config[name]) for name in names},
    }
    server.drop(database)


@pytest.mark.slow
def test_models_equal_migrations(copied: dict[str, str]) -> None:
    # The owner asks: only it may see and compare everything.
    environment = {
        **os.environ,
        **copied,
        "DATABASE_URL": copied["DATABASE_OWNER_URL"],
        "PYTHONPATH": str(ROOT),
    }
    ran = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "service_portal.cli:command_line", "db", "check"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr

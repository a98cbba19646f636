"""A start under other keys than those the database was made with is refused,
and says what to copy.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.accounts.keys import OtherKeys, require_the_databases_keys
from service_portal.kernel.db import db
from tests.conftest import ROOT, TOTP_SECRETS, make_app
from tests.server import TestServer

OTHER = "another-secret-of-at-least-sixteen-characters"


@pytest.fixture
def made(fresh_app: Flask) -> Flask:
    """An application that has been started once, on a database made before
    there were fingerprints.
    """
    with fresh_app.app_context():
        require_the_databases_keys()
    return fresh_app


def _under(app: Flask, server: TestServer, home: Path, **keys: str) -> Flask:
    return make_app(
        server,
        "",
        home,
        patient=False,
        DATABASE_URL=app.config["DATABASE_URL"],
        DATABASE_OWNER_URL=app.config["DATABASE_OWNER_URL"],
        **keys,
    )


def test_a_second_start_under_the_same_keys_is_fine(made: Flask) -> None:
    with made.app_context():
        require_the_databases_keys()
        kept = db.session.execute(sa.text("SELECT name, fingerprint FROM key_fingerprint")).all()
    assert {row.name for row in kept} == {
        "SECRET_KEY",
        "SECURITY_PASSWORD_SALT",
        "SECURITY_TOTP_SECRETS",
    }
    assert made.config["SECRET_KEY"] not in str(kept)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("SECRET_KEY", "keep/secret-key"),
        ("SECURITY_PASSWORD_SALT", "keep/password-salt"),
        ("SECURITY_TOTP_SECRETS", "keep/totp-secrets"),
    ],
)
def test_another_key_is_refused_with_what_to_copy(
    made: Flask, server: TestServer, tmp_path: Path, name: str, file: str
) -> None:
    other = _under(made, server, tmp_path / "other", **{name: OTHER})
    with other.app_context(), pytest.raises(OtherKeys) as refused:
        require_the_databases_keys()
    with other.app_context():
        db.engine.dispose()
    said = str(refused.value)
    assert f"another {name}:" in said and f"Copy {file} from the home" in said
    assert "./portal accept-keys" in said


def test_web_and_workers_do_not_start_under_another_key(made: Flask, tmp_path: Path) -> None:
    names = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "BASE_URL")
    environment = {
        **os.environ,
        **{name: str(made.config[name]) for name in names},
        "SECURITY_PASSWORD_SALT": OTHER,
        "SECURITY_TOTP_SECRETS": TOTP_SECRETS,
        "PORTAL_HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
    }
    for program in (["-c", "import wsgi"], ["-m", "workers.entry", "worker"]):
        ran = subprocess.run(
            [sys.executable, *program],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 1 and "another SECURITY_PASSWORD_SALT" in ran.stderr


def test_the_product_can_not_change_what_it_is_held_to(made: Flask) -> None:
    for statement in ("UPDATE key_fingerprint SET fingerprint = ''", "DELETE FROM key_fingerprint"):
        with made.app_context(), pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            db.session.execute(sa.text(statement))


def test_other_keys_can_be_accepted_on_purpose(
    made: Flask, server: TestServer, tmp_path: Path
) -> None:
    other = _under(made, server, tmp_path / "other", SECRET_KEY=OTHER)
    ran = other.test_cli_runner().invoke(args=["portal", "accept-keys"])
    assert ran.exit_code == 0 and "signs in anew" in ran.output
    with other.app_context():
        require_the_databases_keys()
        db.engine.dispose()
    with made.app_context(), pytest.raises(OtherKeys):
        require_the_databases_keys()


def test_a_database_that_is_away_is_asked_later(server: TestServer, tmp_path: Path) -> None:
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
    away = make_app(server, "", tmp_path / "home", DATABASE_URL=nowhere)
    with away.app_context():
        require_the_databases_keys()

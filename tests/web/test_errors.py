"""The database is away: people get a page that says so, whoever they are and in their language,
never a bare 500.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from config import load_settings
from service_portal.app import create_app
from tests.conftest import TOTP_SECRETS


@pytest.mark.parametrize("path", ["/home", "/services", "/tickets/1", "/queue", "/sign-in"])
def test_a_page_is_drawn_without_a_database(tmp_path: Path, path: str) -> None:
    app = create_app(
        load_settings(
            {
                "DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:1/away",
                "REDIS_URL": "redis://127.0.0.1:1/0",
                "PORTAL_HOME": str(tmp_path),
                "SECRET_KEY": "a-secret-for-tests-only-0123456789abcdef",
                "SECURITY_PASSWORD_SALT": "1234567890123456",
                "SECURITY_TOTP_SECRETS": TOTP_SECRETS,
                "LOG_LEVEL": "ERROR",
            }
        )
    )
    client = app.test_client()
    client.set_cookie("locale", "zh")
    with client.session_transaction() as session:
        session["_user_id"], session["sid"] = "somebody-who-signed-in-before", "some-session"
    answer = client.get(path)
    assert answer.status_code == 503
    assert "暂时无法操作" in answer.text
    assert 'lang="zh-CN"' in answer.text

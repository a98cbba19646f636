"""A forgotten, a reset and a changed password: the letters go out, strangers learn nothing, and it
all speaks Chinese.
"""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password

from service_portal.access.actor import Role
from service_portal.kernel.db import db
from service_portal.web.mail import Post
from tests.factories.accounts import create_person
from tests.signing_in import SignIn
from workers.mailing import send_next

OLD, NEW = "the-old-password-1", "the-new-password-2"


def take_letters(app: Flask, to: str) -> list[tuple[str, str]]:
    """Let the workers send what waits, give subject and text of each letter to one person, and
    empty their box.
    """
    with Post() as post:
        while send_next(post, base_url=app.config["BASE_URL"]):
            pass
    letters = []
    for path in sorted((Path(app.config["PORTAL_HOME"]) / "mail").glob("*.eml")):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        if message["To"] == to:
            letters.append((message["Subject"], message.get_content()))
            path.unlink()
    return letters


def take_invitation(app: Flask, to: str) -> str:
    """Give the path of the link in the newest invitation to one person."""
    links = [
        link
        for _subject, text in take_letters(app, to)
        for link in re.findall(r"http://localhost(/invitation/[\w-]+)", text)
    ]
    assert links, f"no invitation went to {to}"
    return str(links[-1])


def test_forgotten_password_is_set_anew_by_the_link_of_the_letter(
    app: Flask, client: FlaskClient
) -> None:
    person = create_person(locale="zh")
    db.session.commit()
    client.set_cookie("locale", "zh")
    stranger = client.post(
        "/reset-password", data={"email": "nobody@example.org"}, follow_redirects=True
    )
    known = client.post("/reset-password", data={"email": person.email}, follow_redirects=True)
    assert stranger.status_code == known.status_code == 200
    sentence = "如果该邮箱已登记，您将收到重设密码的邮件。"
    assert sentence in stranger.text
    assert sentence in known.text

    ((subject, text),) = take_letters(app, person.email)
    assert subject == "重设密码"
    link = re.search(r"/reset-password/\S+", text)
    assert link is not None
    assert (
        "密码至少需要 10 个字符"
        in client.post(link.group(), data={"password": "short", "password_confirm": "short"}).text
    )
    done = client.post(
        link.group(), data={"password": NEW, "password_confirm": NEW}, follow_redirects=True
    )
    assert "密码已重设，请用新密码登录。" in done.text
    assert [subject for subject, _ in take_letters(app, person.email)] == ["您的密码已重设"]
    again = client.post(
        link.group(), data={"password": OLD, "password_confirm": OLD}, follow_redirects=True
    )
    assert "重设密码的链接无效，请重新申请。" in again.text


def test_changed_password_is_told_by_letter(app: Flask, client_as: SignIn) -> None:
    client = client_as(Role.ENTERPRISE_OWNER, locale="zh")
    client.person.password = hash_password(OLD)
    db.session.commit()
    assert "请再次输入密码" in client.get("/verify").text
    wrong = client.post(
        "/settings/password",
        data={"password": "no", "new_password": NEW, "new_password_confirm": NEW},
    )
    assert "密码不正确" in wrong.text
    answer = client.post(
        "/settings/password",
        data={"password": OLD, "new_password": NEW, "new_password_confirm": NEW},
        follow_redirects=True,
    )
    assert "密码已修改。" in answer.text
    assert [subject for subject, _ in take_letters(app, client.person.email)] == ["您的密码已修改"]


def test_a_mail_server_that_is_away_breaks_no_page_and_gets_the_letter_later(
    app: Flask, client: FlaskClient
) -> None:
    person = create_person()
    db.session.commit()
    app.config["MAIL_URL"] = "smtp://127.0.0.1:1"
    try:
        assert (
            client.post(
                "/reset-password", data={"email": person.email}, follow_redirects=True
            ).status_code
            == 200
        )
        assert take_letters(app, person.email) == []
    finally:
        app.config["MAIL_URL"] = ""
    db.session.execute(sa.text("UPDATE letter SET available_at = created_at"))
    assert len(take_letters(app, person.email)) == 1

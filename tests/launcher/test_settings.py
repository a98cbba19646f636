"""Every wrong or missing setting is named at once, before anything is made, and no password reaches
the screen.
"""

from __future__ import annotations

import pytest

from config import SETTINGS, WrongSettings, load_settings
from service_portal.launcher.operating import check_given
from service_portal.launcher.steps import Trouble

GOOD = {
    "DATABASE_URL": "postgresql://app:pw@db/zone",
    "REDIS_URL": "redis://:pw@cache:6379/1",
    "SECRET_KEY": "k" * 16,
    "SECURITY_PASSWORD_SALT": "s" * 16,
    "SECURITY_TOTP_SECRETS": "t" * 16,
}
WRONG = {
    "DATABASE_URL": (
        "mysql://db/zone",
        "postgresql://db:99999/zone",
        "postgresql://a:b/c@db:x/zone",
    ),
    "DATABASE_OWNER_URL": ("db/zone",),
    "REDIS_URL": ("http://cache", "redis://cache:port"),
    "SECRET_KEY": ("short",),
    "SECURITY_PASSWORD_SALT": ("",),
    "SECURITY_TOTP_SECRETS": ("short", "x:" + "t" * 16, "1:" + "t" * 16 + ",1:" + "u" * 16),
    "BASE_URL": ("zone.example", "https://"),
    "MAIL_URL": (
        "mail.example",
        "smtp://u:p@mail.example",
        "smtp://",
        "smtp://:587",
        "smtp://a..b",
        "smtp://a b",
        f"smtp://{'a' * 64}.example",
        "smtp://mail.example:0",
        "smtp://mail.example:70000",
        "smtp://mail.example?tls",
        "smtp://mail.example/inbox",
        "smtps://u:p#q@mail.example",
        "smtps://u:pässword@mail.example",
        "smtps://u:p%C3%A4ssword@mail.example",
    ),
    "MAIL_FROM": (
        "",
        "Service Portal",
        "a@",
        "@zone.example",
        "a@b..c",
        "a@zone.example, b@zone.example",
        "Service, Portal <a@zone.example>",
        "Portal <a@zone.example",
        "team: a@zone.example;",
        "é@zone.example",
        "a@zoné.example",
        "a@zone.example\nBcc: b@zone.example",
    ),
    "MAIL_CA_FILE": ("/nowhere.pem",),
    "DEMO": ("perhaps",),
    "DEFAULT_LOCALE": ("fr",),
    "TIME_ZONE": ("Mars", ""),
    "AUTO_CLOSE_WORKING_DAYS": ("0", "five"),
    "REOPEN_WINDOW_DAYS": ("366", "-1"),
    "MAX_UPLOAD_MB": ("0", "1.5"),
    "SESSION_IDLE_MINUTES": ("1",),
    "SESSION_HOURS": ("0", "721"),
    "COOKIE_SECURE": ("2",),
    "PROXIES": ("-1", "6"),
    "WEB_WORKERS": ("0", ""),
    "WEB_THREADS": ("65",),
    "WEB_CONNECTIONS": ("63", "many"),
    "WORKER_PROCESSES": ("²",),
    "RELAY_POLL_MS": ("9",),
    "BACKUP_DIR": ("backups",),
    "BACKUP_KEEP_DAYS": ("0",),
    "LOG_LEVEL": ("LOUD",),
    "LOG_FORMAT": ("xml",),
    "FILES_PER_TICKET": ("0",),
    "STORAGE_PER_ENTERPRISE_MB": ("-1", "much"),
    "FILINGS_PER_MINUTE": ("-1", "many"),
    "SCANNER_URL": ("http://scanner",),
    "SCANNER_AWAY": ("maybe",),
}
ANYTHING = {"TRUSTED_HOSTS", "PORTAL_HOME"}


def problems(environment: dict[str, str]) -> list[str]:
    """Give what is said about an environment."""
    try:
        load_settings(environment)
    except WrongSettings as wrong:
        return wrong.problems
    return []


def test_good_settings_are_typed() -> None:
    settings = load_settings(
        {**GOOD, "WEB_WORKERS": "3", "DEMO": "yes", "TRUSTED_HOSTS": "a.example, b.example"}
    )
    assert (settings.web_workers, settings.demo, settings.trusted_hosts) == (
        3,
        True,
        ["a.example", "b.example"],
    )
    assert settings.database_owner_url == GOOD["DATABASE_URL"]


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_wrong_setting_is_named_alone(name: str, value: str) -> None:
    said = problems({**GOOD, name: value})
    assert len(said) == 1 and said[0].startswith(f"{name}=") and "invalid literal" not in said[0]


@pytest.mark.parametrize(
    "url",
    [
        "smtp://mail.example",
        "smtp://u:p@mail.example:587?starttls",
        "smtps://u:p@mail.example",
        "smtp://u:p@localhost",
        "smtp://u:p@127.0.0.1:1025",
        "smtp://u:p@[::1]",
        "smtp://mail.zoné.example",
        "smtp://mail_1.example.",
    ],
)
def test_a_mail_servers_password_may_stay_on_this_machine_or_go_encrypted(url: str) -> None:
    assert load_settings({**GOOD, "MAIL_URL": url}).mail_url == url


@pytest.mark.parametrize(
    "sender",
    ["portal@zone.example", "企业服务 <portal@zone.example>", '"Service, Portal" <a@zone.example>'],
)
def test_mails_may_come_from_any_one_address(sender: str) -> None:
    assert load_settings({**GOOD, "MAIL_FROM": sender}).mail_from == sender


def test_no_setting_is_left_out_here() -> None:
    assert set(WRONG) | ANYTHING == set(SETTINGS)


def test_all_that_is_missing_or_wrong_is_named_at_once() -> None:
    said = problems({name: values[0] for name, values in WRONG.items()})
    assert [sentence.split("=")[0] for sentence in said] == [
        name for name in SETTINGS if name in WRONG
    ]
    assert [sentence.split(" is missing")[0] for sentence in problems({})] == [
        name for name, setting in SETTINGS.items() if setting.default is None
    ]


def test_no_secret_is_shown() -> None:
    said = "\n".join(
        problems(
            {
                "DATABASE_URL": "postgresql://app:hid@den@db:x/zone",
                "REDIS_URL": "redis://:hidden@cache:x",
                "SECRET_KEY": "hidden",
                "MAIL_URL": "x://u:hidden@mail",
            }
        )
    )
    assert "hid" not in said and "postgresql://app:…@db" in said


def test_the_launcher_asks_only_for_what_it_does_not_make() -> None:
    check_given({"PATH": "/bin", "DATABASE_URL": "", "SECRET_KEY": ""})
    with pytest.raises(Trouble, match=r"(?s)SECRET_KEY.*WEB_WORKERS"):
        check_given({"SECRET_KEY": "short", "WEB_WORKERS": "many"})

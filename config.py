"""Every setting of the portal, typed, read from the environment.

A missing or wrong one stops the start, and all are named at once.

`python config.py` prints the table of the README.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from service_portal.kernel import setting_values as read


class WrongSettings(SystemExit):
    """The environment is not usable; `problems` says why, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(
            "The settings are not usable:\n" + "\n".join(f"  - {problem}" for problem in problems)
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, checked."""

    database_url: str
    database_owner_url: str
    redis_url: str
    secret_key: str
    security_password_salt: str
    security_totp_secrets: dict[str, str]
    base_url: str
    trusted_hosts: list[str]
    portal_home: str
    mail_url: str
    mail_ca_file: str
    mail_from: str
    demo: bool
    default_locale: str
    time_zone: str
    auto_close_working_days: int
    reopen_window_days: int
    max_upload_mb: int
    files_per_ticket: int
    storage_per_enterprise_mb: int
    filings_per_minute: int
    scanner_url: str
    scanner_away: str
    session_idle_minutes: int
    session_hours: int
    cookie_secure: bool
    proxies: int
    web_workers: int
    web_threads: int
    web_connections: int
    worker_processes: int
    relay_poll_ms: int
    backup_dir: str
    backup_keep_days: int
    log_level: str
    log_format: str


@dataclass(frozen=True, slots=True)
class Setting:
    """How one setting is read: its default (None: it must be given) and what it is for."""

    read: Callable[[str], Any]
    default: str | None
    about: str


POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")

SETTINGS: dict[str, Setting] = {
    "DATABASE_URL": Setting(
        read.url(*POSTGRESQL),
        None,
        "PostgreSQL the product connects to, as a role that owns nothing. Unset: the launcher runs"
        " one of its own.",
    ),
    "DATABASE_OWNER_URL": Setting(
        read.url(*POSTGRESQL),
        "",
        "The role that owns the schema. Only commands that change the schema or load data get it,"
        " never what serves. Empty: the same as DATABASE_URL.",
    ),
    "REDIS_URL": Setting(
        read.url("redis", "rediss", "redis+socket"),
        None,
        "Redis or Valkey for Celery. Unset: the launcher runs a Valkey of its own.",
    ),
    "SECRET_KEY": Setting(
        read.secret,
        None,
        "Signs sessions and forms. The launcher makes one and keeps it in its home.",
    ),
    "SECURITY_PASSWORD_SALT": Setting(
        read.secret,
        None,
        "Salts password digests. The launcher makes one and keeps it in its home.",
    ),
    "SECURITY_TOTP_SECRETS": Setting(
        read.numbered_secrets,
        None,
        "Encrypts the secrets of second factors. The launcher makes one and keeps it in its home."
        " Several as 1:old,2:new; the highest number encrypts.",
    ),
    "BASE_URL": Setting(
        read.url("http", "https", needs_host=True),
        "http://127.0.0.1:8080",
        "Address in mails and the API's links.",
    ),
    "TRUSTED_HOSTS": Setting(
        read.hosts, "", "Host names the web answers to, separated by commas. Empty: any."
    ),
    "PORTAL_HOME": Setting(
        read.text, "var", "Folder for attachments, mails, logs and the embedded servers."
    ),
    "MAIL_URL": Setting(
        read.mail_url,
        "",
        "SMTP server, such as smtp://user:password@host:587?starttls. Empty: mails go to a folder"
        " that administrators can read.",
    ),
    "MAIL_CA_FILE": Setting(
        read.certificates,
        "",
        "PEM file of the authority that certifies the mail server. Empty: those the system trusts.",
    ),
    "MAIL_FROM": Setting(read.mail_from, "Service Portal <portal@localhost>", "Sender of mails."),
    "DEMO": Setting(read.yes_or_no, "false", "A demo zone: one sign-in button for each role."),
    "DEFAULT_LOCALE": Setting(
        read.one_of("en", "zh"), "zh", "Language of those who have not chosen one."
    ),
    "TIME_ZONE": Setting(
        read.time_zone, "Asia/Shanghai", "Time zone of the zone: where days begin and end."
    ),
    "AUTO_CLOSE_WORKING_DAYS": Setting(
        read.whole_number(1, 60),
        "5",
        "Working days after which an answered ticket nobody confirmed is closed, not rated.",
    ),
    "REOPEN_WINDOW_DAYS": Setting(
        read.whole_number(0, 365), "30", "Days in which a closed ticket can be reopened."
    ),
    "MAX_UPLOAD_MB": Setting(read.whole_number(1, 200), "20", "Largest attachment."),
    "FILES_PER_TICKET": Setting(
        read.whole_number(1, 10_000), "200", "Files that each side may put on one ticket."
    ),
    "STORAGE_PER_ENTERPRISE_MB": Setting(
        read.whole_number(0, 10_000_000),
        "2048",
        "Megabytes that the files one enterprise puts in may take in all. 0: any number.",
    ),
    "FILINGS_PER_MINUTE": Setting(
        read.whole_number(0, 1_000_000),
        "60",
        "Requests that the people of one enterprise, and one person, may file in a minute; acts of"
        " one person on tickets, and those of one side on one ticket. 0: any number.",
    ),
    "SCANNER_URL": Setting(
        read.scanner,
        "",
        "ClamAV that looks at every file that comes in, such as unix:///run/clamav/clamd.ctl or"
        " tcp://host:3310. Empty: none.",
    ),
    "SCANNER_AWAY": Setting(
        read.one_of("refuse", "accept"),
        "refuse",
        "What happens to files while the scanner does not answer: refuse them for now, or accept"
        " them unchecked.",
    ),
    "SESSION_IDLE_MINUTES": Setting(
        read.whole_number(5, 1440),
        "480",
        "Minutes without a click after which a person signs in again.",
    ),
    "SESSION_HOURS": Setting(
        read.whole_number(1, 720),
        "12",
        "Hours after signing in after which a person signs in again, clicks or not.",
    ),
    "COOKIE_SECURE": Setting(
        read.yes_or_no, "false", "Send cookies over HTTPS only. Set it to true behind HTTPS."
    ),
    "PROXIES": Setting(
        read.whole_number(0, 5),
        "0",
        "Reverse proxies in front whose X-Forwarded headers are believed.",
    ),
    "WEB_WORKERS": Setting(read.whole_number(1, 64), "2", "Web processes."),
    "WEB_THREADS": Setting(read.whole_number(1, 64), "4", "Threads in each web process."),
    "WEB_CONNECTIONS": Setting(
        read.whole_number(64, 900),
        "512",
        "Connections of each web process. When three quarters are open, the slowest are closed.",
    ),
    "WORKER_PROCESSES": Setting(read.whole_number(1, 64), "2", "Celery pool processes."),
    "RELAY_POLL_MS": Setting(
        read.whole_number(10, 5000), "100", "Milliseconds between two looks into the outbox."
    ),
    "BACKUP_DIR": Setting(
        read.folder,
        "",
        "Folder for a backup each night at 02:30, best on another disk. Empty: none is made.",
    ),
    "BACKUP_KEEP_DAYS": Setting(
        read.whole_number(1, 3650),
        "14",
        "Days after which a nightly backup is removed, once a newer one is read back.",
    ),
    "LOG_LEVEL": Setting(
        read.one_of("DEBUG", "INFO", "WARNING", "ERROR"), "INFO", "How much is logged."
    ),
    "LOG_FORMAT": Setting(
        read.one_of("text", "json"), "text", "Log lines for people or for machines."
    ),
}


def load_settings(environment: Mapping[str, str]) -> Settings:
    """Read and check all settings; raises WrongSettings naming every one that is
    missing or wrong.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, setting in SETTINGS.items():
        given = environment.get(name, setting.default)
        if given is None:
            problems.append(f"{name} is missing. {setting.about}")
            continue
        try:
            values[name.lower()] = setting.read(given)
        except ValueError as error:
            problems.append(f"{name}={_shown(name, given)} {error}.")
    if problems:
        raise WrongSettings(problems)
    values["database_owner_url"] = values["database_owner_url"] or values["database_url"]
    return Settings(**values)


def _shown(name: str, given: str) -> str:
    """Give a wrong value as it may appear on a screen: secrets and passwords don't."""
    return (
        "…"
        if SETTINGS[name].read in {read.secret, read.numbered_secrets}
        else repr(re.sub(r"(://[^:/]*:).*@", r"\1…@", given))
    )


def table() -> str:
    """Give the settings as the table of the README."""
    lines = ["| setting | default | what it is |", "|---|---|---|"]
    for name, setting in SETTINGS.items():
        default = (
            "—"
            if setting.default is None
            else f"`{setting.default}`"
            if setting.default
            else "empty"
        )
        lines.append(f"| `{name}` | {default} | {setting.about} |")
    return "\n".join(lines)


assert {name.lower() for name in SETTINGS} == {field.name for field in fields(Settings)}

if __name__ == "__main__":
    sys.stdout.write(table() + "\n")

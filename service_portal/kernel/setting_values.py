"""Readers of settings: each gives the value, or raises ValueError with what it must be.

The standard library alone: settings are read before anything else is imported.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

# One part of the name of a machine; some have underscores.
LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")


def text(value: str) -> str:
    """Take any text."""
    return value


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Read a whole number between two."""

    def read(value: str) -> int:
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(value)

    return read


def yes_or_no(value: str) -> bool:
    """Read true or false."""
    known = {
        "true": True,
        "1": True,
        "yes": True,
        "false": False,
        "0": False,
        "no": False,
        "": False,
    }
    if value.lower() not in known:
        raise ValueError("must be true or false")
    return known[value.lower()]


def one_of(*allowed: str) -> Callable[[str], str]:
    """Take one of some words."""

    def read(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return value

    return read


def url(*schemes: str, needs_host: bool = False) -> Callable[[str], str]:
    """Take an address of one of some schemes; empty is none."""

    def read(value: str) -> str:
        if value and value.partition("://")[0] not in schemes:
            raise ValueError(f"must start with {' or '.join(s + '://' for s in schemes)}")
        try:
            parts = urlsplit(value)
            _ = parts.port
        except ValueError as error:
            raise ValueError(
                "must name a host and a port from 0 to 65535, as in host:5432; in a password write"
                " @ as %40 and / as %2F"
            ) from error
        if needs_host and not parts.hostname:
            raise ValueError("must name a host")
        return value

    return read


def mail_url(value: str) -> str:
    """Take the address of a mail server that a password does not reach in clear."""
    parts = urlsplit(url("smtp", "smtps")(value))
    if not value:
        return value
    if not is_host(parts.hostname or "") or parts.port == 0:
        raise ValueError("must name a host, and a port from 1 to 65535 if any: smtp://host:587")
    if parts.path not in ("", "/") or parts.fragment or parts.query not in ("", "starttls"):
        raise ValueError(
            "may name a user, a password, a host, a port and ?starttls, nothing else; in a password"
            " write / as %2F, # as %23 and ? as %3F"
        )
    if not unquote((parts.username or "") + (parts.password or "")).isascii():
        raise ValueError(
            "has a user or password with other letters than ASCII, which mail servers do not take;"
            " give that account another password"
        )
    is_open = parts.scheme == "smtp" and "starttls" not in parts.query
    if parts.username and is_open and not is_this_machine(parts.hostname or ""):
        raise ValueError(
            "would send the password to another machine for all to read; add ?starttls, or use"
            " smtps://"
        )
    return value


def mail_from(value: str) -> str:
    """Take one address of a sender, with a name or without."""
    fault = ValueError("must be one address in ASCII, as in Service Portal <portal@zone.example>")
    message = EmailMessage()
    try:
        message["From"] = value
        header = message["From"]
        (address,) = header.addresses
    except (ValueError, IndexError):
        raise fault from None
    is_sound = address.username and address.domain and address.addr_spec.isascii()
    if header.defects or not is_sound or any(one.display_name for one in header.groups):
        raise fault
    return value


def is_host(name: str) -> bool:
    """Say whether a text can be the name or address of a machine."""
    try:
        return bool(ip_address(name))
    except ValueError:
        pass
    try:
        labels = name.removesuffix(".").encode("idna").decode().split(".")
    except UnicodeError:
        return False
    return all(LABEL.fullmatch(label) for label in labels)


def is_this_machine(host: str) -> bool:
    """Say whether a host is this machine by its name or address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def certificates(value: str) -> str:
    """Take a readable file of certificates."""
    if value:
        try:
            ssl.create_default_context(cafile=value)
        except OSError as error:
            raise ValueError("must name a readable file of certificates in PEM") from error
    return value


def scanner(value: str) -> str:
    """Take the address of a virus scanner."""
    url("unix", "tcp")(value)
    parts = urlsplit(value)
    if parts.scheme == "unix" and not (parts.path and not parts.netloc):
        raise ValueError(
            "must name a socket with its whole path, as in unix:///run/clamav/clamd.ctl"
        )
    if parts.scheme == "tcp" and not parts.hostname:
        raise ValueError("must name a host, as in tcp://host:3310")
    return value


def secret(value: str) -> str:
    """Take a secret that is long enough."""
    if len(value) < 16:
        raise ValueError(
            "must have at least 16 characters; make one with: python3 -c 'import secrets;"
            " print(secrets.token_hex(32))'"
        )
    return value


def numbered_secrets(value: str) -> dict[str, str]:
    """Read one secret, or several as 1:old,2:new."""
    parts = [part.rpartition(":") for part in value.split(",")]
    numbered = {tag or "1": given for tag, _colon, given in parts}
    if len(numbered) != value.count(",") + 1 or not all(tag.strip().isdigit() for tag in numbered):
        raise ValueError("must be one secret, or several with numbers of their own: 1:old,2:new")
    return {tag.strip(): secret(given.strip()) for tag, given in numbered.items()}


def time_zone(value: str) -> str:
    """Take a time zone by its name."""
    try:
        ZoneInfo(value)
    except Exception as error:
        raise ValueError("must be a time zone such as Asia/Shanghai") from error
    return value


def folder(value: str) -> str:
    """Take a whole path."""
    if value and not value.startswith("/"):
        raise ValueError("must be a whole path such as /srv/backups")
    return value


def hosts(value: str) -> list[str]:
    """Read the names of hosts."""
    return [host.strip() for host in value.split(",") if host.strip()]

"""A demo zone, where anybody may be anybody, is not shown to other machines by mistake."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from service_portal.launcher.steps import Trouble


def check_exposure(*, host: str, given: Mapping[str, str], is_meant: bool) -> None:
    """Raise Trouble when a demo zone could be reached from elsewhere, unless that is meant."""
    found = reachable_by(host=host, given=given)
    if found and not is_meant:
        raise Trouble(
            "This is a demo zone: its sign-in page has a button for each role, the administrator's"
            f" included, and {' and '.join(found)} would let other machines in. Start a real zone"
            " in a home of its own (PORTAL_HOME=/srv/zone ./portal up --empty), or say that"
            " everybody may come in: ./portal up --public-demo"
        )


def reachable_by(*, host: str, given: Mapping[str, str]) -> list[str]:
    """List the settings by which a start is meant for other machines than this one."""
    found = [] if is_local(host) else [f"--host {host or '0.0.0.0'}"]
    address = given.get("BASE_URL") or ""
    if address and not is_local(urlsplit(address).hostname or ""):
        found.append(f"BASE_URL={address}")
    hosts = [name.strip() for name in (given.get("TRUSTED_HOSTS") or "").split(",")]
    if any(name and not is_local(name) for name in hosts):
        found.append(f"TRUSTED_HOSTS={given['TRUSTED_HOSTS']}")
    if (given.get("PROXIES") or "0") != "0":
        found.append(f"PROXIES={given['PROXIES']}")
    return found


def is_local(host: str) -> bool:
    """Say whether a host name or address means this machine alone."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False

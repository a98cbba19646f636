"""Connections that leave the machine should prove who answers; one that does not is named at every
start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from service_portal.kernel.logs import log
from service_portal.kernel.setting_values import is_this_machine

PROVEN_BY_POSTGRESQL = {"verify-ca", "verify-full"}


def unproven(config: Mapping[str, Any]) -> list[str]:
    """Give a sentence for each server on another machine that nobody proves to be the right one."""
    found = []
    host, scheme, query = _parts(config["DATABASE_URL"])
    if not is_this_machine(host) and not PROVEN_BY_POSTGRESQL & set(query.get("sslmode", ())):
        found.append(_warning("DATABASE_URL", "add ?sslmode=verify-full and sslrootcert"))
    host, scheme, query = _parts(config["REDIS_URL"])
    believes_all = query.get("ssl_cert_reqs", ["required"])[-1].lower() in {"none", "cert_none"}
    if not is_this_machine(host) and (scheme != "rediss" or believes_all):
        found.append(_warning("REDIS_URL", "use rediss://"))
    return found


def warn_of_unproven(config: Mapping[str, Any]) -> None:
    """Log each of them."""
    for sentence in unproven(config):
        log.warning(sentence)


def _parts(url: str) -> tuple[str, str, dict[str, list[str]]]:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    # A socket in the file system is named in the query, or is all there is.
    host = parts.hostname or next(iter(query.get("host", ())), "localhost")
    return ("localhost" if host.startswith("/") else host), parts.scheme, query


def _warning(name: str, remedy: str) -> str:
    return (
        f"Warning: {name} leads to another machine, and nothing proves that the right server"
        " answers: passwords and data can be read and changed on the way. Unless the network is"
        f" your own, {remedy}."
    )

"""Where the web listens: the wanted port, or the next free one, and why one can't be had."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

from service_portal.launcher.steps import Trouble, say

DEFAULT_PORT = 8080
PORTS_TRIED = 50
PRIVILEGED = 1024
ROOTS_OWN = (errno.EACCES, errno.EPERM)


def choose_port(wanted: int | None, *, host: str, drops: bool = False) -> int:
    """Give the port for the web: exactly the wanted one, or the default, or the next free one,
    which is said. `drops`: root gives the web to a user.
    """
    if wanted is not None:
        if not 1 <= wanted <= 65535:
            raise Trouble(
                f"{wanted} is not a port. Choose one from {PRIVILEGED} to 65535: ./portal up --port"
                " 8081"
            )
        refused = errno.EACCES if drops and wanted < lowest_port() else refusal(wanted, host=host)
        if refused in ROOTS_OWN:
            raise Trouble(
                f"Port {wanted} is only for programs of root, and the web is none. Choose one from"
                f" {lowest_port()}, and put a proxy such as nginx in front for 80 and 443: ./portal"
                f" up --port {DEFAULT_PORT}"
            )
        if refused:
            raise Trouble(
                f"Port {wanted} is taken by another program. Choose another one: ./portal up --port"
                f" {min(max(wanted + 1, PRIVILEGED), 65535)}"
            )
        return wanted
    for port in range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED):
        if not refusal(port, host=host):
            if port != DEFAULT_PORT:
                say(f"  Port {DEFAULT_PORT} is taken by another program, so this copy uses {port}.")
            return port
    raise Trouble(
        f"No port from {DEFAULT_PORT} to {DEFAULT_PORT + PORTS_TRIED - 1} is free. Choose one:"
        " ./portal up --port N"
    )


def refusal(port: int, *, host: str) -> int:
    """Give the error number with which the system refuses a port, 0 when it is free.

    Raises Trouble for a host that is not this machine.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno in (
            errno.EADDRNOTAVAIL,
            errno.EAFNOSUPPORT,
        ):
            raise Trouble(
                f"“{host}” is not an address of this machine. Use 127.0.0.1 to be reached from this"
                " machine alone, or 0.0.0.0 from everywhere: ./portal up --host 0.0.0.0"
            ) from error
        return error.errno or errno.EADDRINUSE
    return 0


def lowest_port() -> int:
    """Give the lowest port that a program of an ordinary user may listen on."""
    try:
        return int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    except (OSError, ValueError):
        return PRIVILEGED

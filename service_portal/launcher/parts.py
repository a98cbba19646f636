"""The processes of one running copy: web, relay, worker, beat, and the backup of each night."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from service_portal.launcher.knocking import web_answers
from service_portal.launcher.place import ROOT, Place
from service_portal.launcher.product import EVERYWHERE, Product
from service_portal.launcher.supervisor import Part


def product_parts(product: Product, *, host: str, port: int, address: str) -> list[Part]:
    """List the product's own processes, the web first."""
    user, code, python = product.user, product.reach.code, str(product.reach.python)
    env = product.environment(address=address) | product.reach.env | {"PYTHONPATH": str(code)}
    if user is not None:
        env |= {"HOME": str(product.files), "USER": user.pw_name, "LOGNAME": user.pw_name}
    # A thread for each connection: a body that is still on the way holds up nobody.
    most = env.get("WEB_CONNECTIONS", "512")
    granian = [
        python,
        "-m",
        "service_portal.serving",
        "--interface",
        "wsgi",
        "--host",
        host,
        "--port",
        str(port),
        "--http",
        "1",
        "--no-ws",
        "--workers",
        env.get("WEB_WORKERS", "2"),
        "--blocking-threads",
        most,
        "--backpressure",
        most,
        "--backlog",
        "2048",
        "--respawn-failed-workers",
        "--respawn-interval",
        "0.2",
        "--workers-kill-timeout",
        "8",
        "--log-level",
        "warning",
        "wsgi:app",
    ]
    connect = "127.0.0.1" if host in EVERYWHERE else host

    def part(name: str, command: list[str] | None = None, **about: Any) -> Part:
        started = command or [python, "-m", "workers.entry", name]
        return Part(name, started, env=env, user=user, cwd=code, **about)

    return [
        part("web", granian, ready=lambda _pid: web_answers(connect, port)),
        part("relay"),
        part("worker", wave=1, patience=25),
        part("beat"),
    ]


def nightly_backup(place: Place, folder: str) -> list[Part]:
    """Give the part that backs up each night, none when no folder is set.

    Raises Trouble for a folder in the home.

    It is a part of the launcher's own: what serves knows neither the owner's address nor how to
    write there.
    """
    if not folder:
        return []
    place.must_not_hold(Path(folder).resolve())
    return [Part("backup", [sys.executable, str(ROOT / "portal"), "backup", "--nightly"], cwd=ROOT)]

"""PostgreSQL and Valkey for tests, kept running between runs.

The first run of a checkout starts a keeper, a process of its own that starts the two servers. A run
takes a lock for as long as it lasts; a second run at the same moment gets servers of its own. The
keeper stops everything when no run came for half an hour, or when the checkout is gone.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from service_portal.launcher.libraries import RUNTIME
from service_portal.launcher.ownership import open_to, own
from service_portal.launcher.place import ROOT, Place, find_place, free_port
from service_portal.launcher.postgres import SUPERUSER, Postgres
from service_portal.launcher.privileges import service_user, users
from service_portal.launcher.processes import born, end, is_alive
from service_portal.launcher.stamps import digest
from service_portal.launcher.steps import Trouble
from service_portal.launcher.supervisor import Supervisor, open_log
from service_portal.launcher.valkey import Valkey

CONNECTIONS = 150
IDLE_SECONDS = 30 * 60
LOOK_SECONDS = 0.5
START_SECONDS = 90


def folder_of(checkout: Path) -> Path:
    """Name the folder of a checkout's test servers: below /tmp, where their user can reach it."""
    name = sha256(str(checkout).encode()).hexdigest()[:10]
    return Path("/tmp") / f"portal-tests-{os.geteuid()}-{name}"


def start_servers(place: Place, folder: Path, supervisor: Supervisor) -> dict[str, str]:
    """Start a PostgreSQL and a Valkey with empty data and give their addresses for the tests."""
    who = users()
    postgres = Postgres(
        folder / "postgres",
        place.packages,
        user=who.database,
        passwords={SUPERUSER: "test"},
        reckless=True,
    )
    valkey = Valkey(
        folder / "valkey",
        place.packages,
        user=who.queue,
        port=free_port() or 16380,
        password="test",
        reckless=True,
    )
    # A keeper that was killed may have left them.
    postgres.stop_leftover()
    for leftover in (postgres.folder, valkey.folder):
        shutil.rmtree(leftover, ignore_errors=True)
    postgres.make()
    supervisor.start(postgres.part(connections=CONNECTIONS))
    supervisor.start(valkey.part())
    return {
        "PORTAL_TEST_SERVER": postgres.url(database="postgres"),
        "PORTAL_TEST_REDIS": valkey.url,
    }


@contextmanager
def borrowed(folder: Path) -> Iterator[dict[str, str] | None]:
    """Lend the kept servers to one run, started first where needed; None while another has them."""
    own(folder, None)
    open_to(folder, service_user())
    handle = os.open(folder / "turn", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _lock(handle):
            yield None
            return
        yield {**_running(folder), "PORTAL_TEST_RESIDENT": "true"}
        os.utime(folder / "turn")
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _running(folder: Path) -> dict[str, str]:
    """Give the addresses of the kept servers, started anew when they are down or outdated."""
    known = state(folder)
    if known.get("made_by") == _made_by():
        return dict(known["addresses"])
    stop(folder)
    with open_log(folder / "keeper.log") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "service_portal.launcher.resident", str(folder)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        known = state(folder)
        if known.get("pid") == keeper.pid:
            return dict(known["addresses"])
        if keeper.poll() is not None:
            break
        time.sleep(0.02)
    last = (folder / "keeper.log").read_text(errors="replace").splitlines()[-12:]
    raise Trouble("\n".join(["The servers for the tests do not come up.", *last]))


def state(folder: Path) -> dict[str, Any]:
    """Read what is kept running; empty when nothing is."""
    try:
        known: dict[str, Any] = json.loads((folder / "state.json").read_text())
    except (OSError, ValueError):
        return {}
    return known if is_alive(known.get("pid"), known.get("born")) else {}


def stop(folder: Path) -> None:
    """Stop the kept servers, if they run."""
    if (pid := state(folder).get("pid")) is not None:
        end(pid, patience=40)


def keep(place: Place, folder: Path, *, idle_seconds: float = IDLE_SECONDS) -> None:
    """Run the servers until nobody has used them for long, one of them ends, or we are stopped."""
    made_by = _made_by()
    supervisor = Supervisor(folder)
    supervisor.heed_signals()
    try:
        addresses = start_servers(place, folder, supervisor)
        _write_state(folder, {"addresses": addresses, "made_by": made_by})
        while not supervisor.told and all(part.is_up for part in supervisor.parts):
            if not (ROOT / "portal").exists() or _is_idle(folder / "turn", idle_seconds):
                break
            time.sleep(LOOK_SECONDS)
    finally:
        (folder / "state.json").unlink(missing_ok=True)
        supervisor.stop()
        for made in ("postgres", "valkey"):
            shutil.rmtree(folder / made, ignore_errors=True)


def _write_state(folder: Path, about: dict[str, Any]) -> None:
    part = folder / "state.part"
    part.write_text(json.dumps({**about, "pid": os.getpid(), "born": born(os.getpid())}))
    part.replace(folder / "state.json")


def _is_idle(turn: Path, seconds: float) -> bool:
    """Say whether the last run ended so long ago. Whoever says yes keeps the lock until its end."""
    if time.time() - turn.stat().st_mtime < seconds:
        return False
    handle = os.open(turn, os.O_RDWR)
    if _lock(handle) and time.time() - turn.stat().st_mtime >= seconds:
        return True
    os.close(handle)
    return False


def _made_by() -> str:
    """Fingerprint what the servers are started by: the launcher's code and the locked libraries."""
    return digest(RUNTIME, *sorted(Path(__file__).parent.glob("*.py")))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        keep(find_place(), Path(sys.argv[1]))

"""A full disk loses nothing that was acknowledged, and passes when there is room again."""

from __future__ import annotations

import errno
import http.client
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.live import Live
from tests.reliability import reckoning
from tests.reliability.killing import wait_for
from tests.reliability.programs import REQUESTS, History, Program
from tests.reliability.zone import make_zone

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("full")]

MEGABYTE = 1 << 20
SIZE_MB = 420


@pytest.fixture
def small() -> Iterator[Path]:
    """A folder with a file system of its own that is soon full."""
    with tempfile.TemporaryDirectory(prefix="portal-small-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        options = f"size={SIZE_MB}m,mode=755"
        mount = ["mount", "-t", "tmpfs", "-o", options, "portal-test", name]
        if not sys.platform.startswith("linux") or os.geteuid() != 0:
            pytest.skip("a small file system can only be mounted by root on Linux")
        mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            pytest.skip(f"no file system may be mounted here: {mounted.stderr.strip()}")
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


def fill(folder: Path) -> Path:
    """Fill a file system to its last byte and give the file that does."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (MEGABYTE, 4096, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    return filler


def _page(live: Live) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=10)
    try:
        connection.request("GET", "/sign-in", headers={"Accept-Language": "en"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)


def test_a_full_disk_is_said_and_passes(small: Path) -> None:
    live = Live(small, demo=False, settings={"LOG_LEVEL": "INFO"})
    try:
        zone, history = make_zone(live), History()
        program = Program(live.port, history)
        filed = {program.file(number, zone) for number in range(5)}
        filler = fill(small)
        statuses = set()
        # Until the write-ahead log is full too, and PostgreSQL with it: 16 MB of it are there.
        for number in range(4_000):
            said = {**REQUESTS[0], "title": f"Number {number}", "contact_name": "林伟"}
            said |= {"description": os.urandom(900).hex(), "contact_phone": "0757-8888 0000"}
            key, token = f"full-{number:06}", zone.owners[0]
            status, body = program.once("POST", "/tickets", token, said, key=key)
            statuses.add(status)
            filed |= {body["reference"]} if status == 201 else set()
            if status != 201:
                break
        assert 503 in statuses and statuses <= {201, 503}, body
        assert "room" in body["detail"] or "Send the same request again" in body["detail"]
        # Whatever was running, and its logs, had no byte to write; what dies is started again.
        for part in ("web", "relay", "worker", "beat", "valkey"):
            live.kill(live.pid(part))
        assert live.thread.is_alive()
        filler.unlink()
        wait_for("the pages are there", lambda: _page(live)[0] == 200, seconds=60)
        for one in live.supervisor.parts:
            wait_for(f"{one.name} runs", partial(getattr, one, "is_up"), seconds=30)
        filed.add(program.file(1000, zone))
        wait_for("all is routed", lambda: _waiting(live) == 0, seconds=60)
        wait_for("nothing is owed", lambda: reckoning.faults(live) == {}, seconds=90)
        assert set(reckoning.stored(live).values()) >= filed
    finally:
        live.stop()


def _waiting(live: Live) -> int:
    return reckoning.count(live, "SELECT count(*) FROM ticket WHERE owner_id IS NULL")

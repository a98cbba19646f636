"""Clients that stall, wherever in a request, hold up nobody else."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service_portal.launcher.place import free_port
from service_portal.web.slow_bodies import SMALL
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

PLACES, CONNECTIONS, PATIENCE = 2, 512, 2.0
MODULE = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from service_portal.web.slow_bodies import SlowBodies

def answer(environ, start):
    body = environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/report":
        time.sleep({3 * PATIENCE})
    start("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/long":
        return iter([b"x" * 80_000] * 12)
    return [str(len(body)).encode()]

app = SlowBodies(answer, places={PLACES}, connections={CONNECTIONS}, patience={PATIENCE})
"""
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
STALLS = {
    "in the headers": HEAD,
    "before anything": b"",
    "in a small body": HEAD + b"Content-Length: 1000\r\n\r\nabc",
    "in a large body": HEAD + b"Content-Length: %d\r\n\r\nabc" % (SMALL + 1),
    "in a body without a length": HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    "in reading the answer": b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n",
    "after the answer": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
}

# Every run has one crowd of each kind; the whole form has them all.
WHOLE = os.environ.get("PORTAL_TEST_WHOLE") == "true"
CROWDS = ["in the headers", "in a large body", "in reading the answer"]


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The port of a server as the launcher runs it, with one process and two places."""
    (tmp_path / "guarded.py").write_text(MODULE)
    chosen = free_port() or 18_090
    command = [
        str(Path(sys.executable).parent / "granian"),
        "--interface",
        "wsgi",
        "--port",
        str(chosen),
        "--http",
        "1",
        "--no-ws",
        "--workers",
        "1",
        "--log-level",
        "error",
        "--blocking-threads",
        str(CONNECTIONS),
        "--backpressure",
        str(CONNECTIONS),
        "--backlog",
        "2048",
        "guarded:app",
    ]
    process = subprocess.Popen(command, cwd=tmp_path)
    try:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                post(chosen, b"")
                break
            time.sleep(0.1)
        yield chosen
    finally:
        process.terminate()
        process.wait(20)


def post(port: int, body: bytes, *, address: str = "127.0.0.1") -> tuple[int, str]:
    """Send a whole request from an address."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=10, source_address=(address, 0)
    )
    try:
        connection.request("POST", "/", body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def stall(port: int, address: str, begun: bytes = STALLS["in a small body"]) -> socket.socket:
    """Send the beginning of a request and no more."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(0.5)
    client.bind((address, 0))
    client.connect(("127.0.0.1", port))
    client.sendall(begun)
    return client


@contextlib.contextmanager
def attackers(port: int, begun: bytes) -> Iterator[None]:
    """Hold as many stalled connections as 200 addresses can, again whenever one is closed."""
    program = Path(__file__).parent / "stalling.py"
    process = subprocess.Popen([sys.executable, str(program), str(port), begun.hex()])
    try:
        time.sleep(2.0)
        assert process.poll() is None
        yield
    finally:
        process.kill()
        process.wait(20)


@pytest.mark.parametrize("name", CROWDS if WHOLE else CROWDS[:1])
def test_two_hundred_addresses_that_stall_leave_all_others_served(port: int, name: str) -> None:
    with attackers(port, STALLS[name]):
        took = []
        for size in [100, 2_000, 100, 50_000, SMALL + 5] * 3:
            at = time.monotonic()
            assert post(port, b"x" * size) == (200, str(size))
            took.append(time.monotonic() - at)
    # Below a second on a quiet machine; without room for them they take thirty.
    assert sorted(took)[-2] < 5.0, took


@pytest.mark.parametrize("begun", STALLS.values(), ids=STALLS)
def test_one_address_that_stalls_leaves_all_others_served(port: int, begun: bytes) -> None:
    with contextlib.ExitStack() as stalled:
        for _ in range(1500):
            with contextlib.suppress(OSError):
                stalled.enter_context(stall(port, "127.0.1.1", begun))
        at = time.monotonic()
        assert [post(port, b"x" * 100) for _ in range(20)] == [(200, "100")] * 20
        assert time.monotonic() - at < 10.0


STALLED_BODIES = [name for name in STALLS if "body" in name]


@pytest.mark.parametrize("name", STALLED_BODIES)
def test_a_stalled_body_is_closed_after_a_while_and_one_that_goes_on_is_not(
    port: int, name: str
) -> None:
    stalled, dripping = stall(port, "127.0.1.2", STALLS[name]), stall(port, "127.0.1.3")
    slow = stall(port, "127.0.1.4", HEAD + b"Content-Length: 4003\r\n\r\nabc")
    begun, closed = time.monotonic(), {}
    for _ in range(40):
        time.sleep(0.2)
        slow.sendall(b"x" * 100)
        for called, client in (("stalled", stalled), ("dripping", dripping)):
            with contextlib.suppress(OSError):
                if called == "dripping" and called not in closed:
                    client.sendall(b"x")
            if called not in closed and is_closed(client):
                closed[called] = time.monotonic() - begun
    assert set(closed) == {"stalled", "dripping"} and max(closed.values()) < 3 * PATIENCE
    slow.settimeout(10)
    assert b"200 OK" in slow.recv(1000)
    for client in (stalled, dripping, slow):
        client.close()


def is_closed(client: socket.socket) -> bool:
    """Say whether the other side has closed a connection."""
    client.setblocking(False)
    try:
        return client.recv(1000) is not None
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        client.setblocking(True)


def test_a_report_that_takes_long_is_not_closed_with_the_stalled(port: int) -> None:
    with stall(port, "127.0.1.2") as stalled:
        assert get(port, "/report") == b"0"
        assert is_closed(stalled)


@pytest.mark.parametrize("begun", [b"", STALLS["in a small body"]][: 2 if WHOLE else 1])
def test_who_is_being_served_outstays_two_hundred_addresses(port: int, begun: bytes) -> None:
    with ThreadPoolExecutor() as pool, attackers(port, begun):
        upload = pool.submit(send_slowly, port, "127.0.2.2", 300_000)
        download = pool.submit(read_slowly, port, "127.0.2.3")
        report = pool.submit(get, port, "/report", address="127.0.2.4")
        assert report.result() == b"0"
        assert b"\r\n\r\n300000" in upload.result()
        assert len(download.result()) > 12 * 80_000


def get(port: int, path: str, *, address: str = "127.0.0.1") -> bytes:
    """Ask for something from an address."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=60, source_address=(address, 0)
    )
    with contextlib.closing(connection):
        connection.request("GET", path)
        return connection.getresponse().read()


def send_slowly(port: int, address: str, size: int) -> bytes:
    """Send a body at some 50 KB a second, and give the answer."""
    with stall(port, address, HEAD + b"Content-Length: %d\r\n\r\n" % size) as client:
        client.settimeout(60)
        for _ in range(size // 10_000):
            client.sendall(b"x" * 10_000)
            time.sleep(0.2)
        return client.recv(1000)


def read_slowly(port: int, address: str) -> bytes:
    """Read an answer of a megabyte at some 100 KB a second."""
    found = b""
    with stall(port, address, b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n") as client:
        client.settimeout(60)
        while len(found) < 12 * 80_000:
            part = client.recv(10_000)
            if not part:
                break
            found += part
            time.sleep(0.1)
    return found

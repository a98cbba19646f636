"""Clients that stall in the middle of a request hold up nobody else."""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from service_portal.launcher.parts import WAITING_THREADS
from service_portal.launcher.place import free_port
from service_portal.web.slow_bodies import SMALL, WAITING, WAITING_OF_ONE
from tests.conftest import ROOT

PLACES, PATIENCE = 2, 2.0
MODULE = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from service_portal.web.slow_bodies import SlowBodies

def answer(environ, start):
    body = environ["wsgi.input"].read()
    start("200 OK", [("Content-Type", "text/plain")])
    return [str(len(body)).encode()]

app = SlowBodies(answer, places={PLACES}, proxies=1, patience={PATIENCE})
"""


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
        str(PLACES + WAITING_THREADS),
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


def post(port: int, body: bytes, *, address: str = "192.0.2.1") -> tuple[int, str]:
    """Send a whole request as from an address."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", "/", body, {"X-Forwarded-For": address})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def stall(port: int, address: str, *, size: int = 1000) -> socket.socket:
    """Send the beginning of a request and no more."""
    client = socket.create_connection(("127.0.0.1", port), 20)
    head = f"POST / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {address}\r\nContent-Length: {size}\r\n"
    client.sendall(f"{head}\r\nabc".encode())
    return client


@pytest.mark.parametrize("size", [1000, SMALL + 1])
def test_forty_stalled_requests_leave_all_others_served(port: int, size: int) -> None:
    stalled = [stall(port, f"192.0.2.{10 + number % 4}", size=size) for number in range(40)]
    time.sleep(0.3)
    begun = time.monotonic()
    assert [post(port, b"x" * 100) for _ in range(20)] == [(200, "100")] * 20
    large = b"x" * (SMALL + 5)
    assert post(port, large) == (200, str(len(large)))
    assert time.monotonic() - begun < PATIENCE
    for client in stalled:
        client.close()


def test_a_stalled_request_is_closed_after_a_while_and_one_that_goes_on_is_not(port: int) -> None:
    stalled, dripping = stall(port, "192.0.2.2"), stall(port, "192.0.2.3")
    slow = stall(port, "192.0.2.4", size=3 + 40 * 100)
    begun, closed = time.monotonic(), {}
    for _ in range(40):
        time.sleep(0.2)
        slow.sendall(b"x" * 100)
        for name, client in (("stalled", stalled), ("dripping", dripping)):
            with contextlib.suppress(OSError):
                if name == "dripping" and name not in closed:
                    client.sendall(b"x")
            if name not in closed and _is_closed(client):
                closed[name] = time.monotonic() - begun
    assert set(closed) == {"stalled", "dripping"} and max(closed.values()) < 3 * PATIENCE
    assert b"200 OK" in slow.recv(1000)


def _is_closed(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1000) is not None
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        client.setblocking(True)


def test_one_address_can_not_take_all_the_room_there_is_for_waiting(port: int) -> None:
    stalled = [stall(port, "192.0.2.5") for _ in range(WAITING_OF_ONE)]
    time.sleep(0.3)
    status, said = post(port, b"x", address="192.0.2.5")
    assert status == 503 and "in a few seconds" in said
    assert post(port, b"x", address="192.0.2.6") == (200, "1")
    for client in stalled:
        client.close()


def test_a_client_with_many_addresses_of_its_own_network_is_one(port: int) -> None:
    stalled = [stall(port, f"2001:db8::{number:x}") for number in range(WAITING)]
    time.sleep(0.3)
    assert post(port, b"x", address="2001:db8::ffff")[0] == 503
    assert post(port, b"x", address="192.0.2.6") == (200, "1")
    for client in stalled:
        client.close()


def test_ten_addresses_can_not_take_all_the_room_there_is_for_waiting(port: int) -> None:
    stalled = [stall(port, f"192.0.2.{10 + number % 10}") for number in range(WAITING)]
    time.sleep(0.3)
    assert post(port, b"x", address="192.0.2.6") == (200, "1")
    for client in stalled:
        client.close()


def test_there_are_threads_left_when_all_that_may_wait_do() -> None:
    assert WAITING_THREADS > WAITING

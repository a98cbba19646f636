"""The port that was asked for or none; without a wish the next free one, said aloud; every refusal
names the way out.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from service_portal.launcher import ports
from service_portal.launcher.place import free_port
from service_portal.launcher.steps import Trouble


@pytest.fixture
def taken() -> Iterator[int]:
    """A port another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_free_port_is_given() -> None:
    wanted = free_port()
    assert ports.choose_port(wanted, host="127.0.0.1") == wanted


def test_a_taken_port_is_refused_with_another(taken: int) -> None:
    with pytest.raises(
        Trouble,
        match=(
            f"Port {taken} is taken by another program. Choose another one: ./portal up --port"
            f" {taken + 1}"
        ),
    ):
        ports.choose_port(taken, host="127.0.0.1")


def test_without_a_wish_the_next_free_one_is_taken_and_said(
    taken: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ports, "DEFAULT_PORT", taken)
    found = ports.choose_port(None, host="127.0.0.1")
    assert taken < found < taken + ports.PORTS_TRIED
    assert (
        f"Port {taken} is taken by another program, so this copy uses {found}."
        in capsys.readouterr().out
    )


@pytest.mark.parametrize("wanted", [0, -1, 65536])
def test_what_is_no_port_is_refused(wanted: int) -> None:
    with pytest.raises(Trouble, match="is not a port"):
        ports.choose_port(wanted, host="127.0.0.1")


def test_root_that_gives_the_web_away_may_not_promise_a_port_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ports, "lowest_port", lambda: 1024)
    with pytest.raises(Trouble, match="Port 80 is only for programs of root"):
        ports.choose_port(80, host="127.0.0.1", drops=True)


@pytest.mark.parametrize("host", ["203.0.113.7", "no-such-host.invalid"])
def test_a_host_that_is_not_this_machine_is_named(host: str) -> None:
    for wanted in (free_port(), None):
        with pytest.raises(Trouble, match=f"“{host}” is not an address of this machine"):
            ports.choose_port(wanted, host=host)

"""Database and queue on other machines prove who they are, or every start says that they do not."""

from __future__ import annotations

import ssl
from pathlib import Path
from socket import create_server, socket
from threading import Thread
from typing import Any

import pytest
import redis
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from service_portal.kernel.proven_servers import unproven
from tests.certificates import Authority
from workers.celery_app import proven

pytestmark = pytest.mark.slow

KOMBU_SAYS = (OperationalError, redis.exceptions.ConnectionError, redis.exceptions.TimeoutError)
HERE = {
    "DATABASE_URL": "postgresql://a:b@127.0.0.1/zone",
    "REDIS_URL": "redis://:p@localhost:6379/0",
}


@pytest.mark.parametrize(
    "there",
    [
        {},
        {"DATABASE_URL": "postgresql://a:b@/zone?host=/run/postgresql"},
        {
            "DATABASE_URL": (
                "postgresql://a:b@db.example/zone?sslmode=verify-full&sslrootcert=/ca.pem"
            )
        },
        {"REDIS_URL": "rediss://:p@cache.example:6380/0"},
        {"REDIS_URL": "redis+socket:///run/redis.sock"},
    ],
)
def test_what_stays_here_or_is_proven_needs_no_word(there: dict[str, str]) -> None:
    assert unproven(HERE | there) == []


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "postgresql://a:b@db.example/zone"),
        ("DATABASE_URL", "postgresql://a:b@db.example/zone?sslmode=require"),
        ("REDIS_URL", "redis://:p@cache.example:6379/0"),
        ("REDIS_URL", "rediss://:p@cache.example:6380/0?ssl_cert_reqs=none"),
    ],
)
def test_what_is_not_proven_is_named(name: str, url: str) -> None:
    (said,) = unproven(HERE | {name: url})
    assert name in said and "a:b" not in said and ":p@" not in said


class Queue:
    """Answers a TLS connection with a certificate, and writes down what it hears."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.heard: list[bytes] = []
        self.listening = create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.context = context
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self.listening.accept()
            except OSError:
                return
            Thread(target=self._hear, args=(caller,), daemon=True).start()

    def _hear(self, caller: socket) -> None:
        try:
            with self.context.wrap_socket(caller, server_side=True) as safe:
                self.heard.append(safe.recv(1000))
        except OSError:
            pass


def ask(url: str) -> Any:
    """Speak to a queue as the workers do."""
    # kombu tells no types.
    with Connection(  # type: ignore[no-untyped-call]
        proven(url), transport_options={"socket_timeout": 2}
    ) as connection:
        return connection.default_channel.client.ping()


def test_a_queue_with_a_forged_certificate_hears_no_password(tmp_path: Path) -> None:
    queue = Queue(Authority(tmp_path).serve("127.0.0.1"))
    with pytest.raises(KOMBU_SAYS, match="CERTIFICATE_VERIFY_FAILED"):
        ask(f"rediss://:hunter2@127.0.0.1:{queue.port}/0")
    assert queue.heard == []


def test_a_queue_with_the_right_certificate_hears_it(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    queue = Queue(authority.serve("127.0.0.1"))
    with pytest.raises(KOMBU_SAYS):
        ask(f"rediss://:hunter2@127.0.0.1:{queue.port}/0?ssl_ca_certs={authority.file}")
    assert any(b"hunter2" in heard for heard in queue.heard)


def test_an_address_that_says_how_it_is_believed_stays_as_it_is() -> None:
    for url in ("redis://cache:6379/0", "rediss://cache:6380/0?ssl_cert_reqs=none"):
        assert proven(url) == url

"""Kills a random process of the product every two seconds, and once its database and its broker's
memory.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random
from threading import Event, Thread

import redis

from service_portal.launcher.knocking import web_answers
from tests.live import Live

EVERY_SECONDS = 2.0
PATIENCE_SECONDS = 40.0
KINDS = ("web", "web worker", "relay", "worker", "pool process", "beat")


class Killer(Thread):
    """Deals the kinds of processes like cards, so that a short storm hits each of them too;
    `history` says when it killed what.
    """

    def __init__(self, live: Live, *, seed: int) -> None:
        super().__init__(daemon=True)
        self.live, self.random, self.ended = live, Random(seed), Event()
        self.history: list[str] = []
        self.begun = time.monotonic()
        self.deck: list[str] = []
        self.serves = self.is_settled = True

    def run(self) -> None:
        """Kill until told to end."""
        while not self.ended.wait(EVERY_SECONDS):
            was_serving, self.serves = self.serves, web_answers("127.0.0.1", self.live.port)
            self.is_settled = was_serving and self.serves
            if not self._deal():
                self.deck = self.random.sample(KINDS, len(KINDS)) + self.deck
                self._deal()

    def _deal(self) -> bool:
        # What is down, or has come up only now, gets its turn with a later card; on a busy machine
        # nobody would ever be served else.
        kind = next((kind for kind in reversed(self.deck) if self._kill(kind)), None)
        if kind is not None:
            self.deck.remove(kind)
        return kind is not None

    def _kill(self, kind: str) -> bool:
        part = {"web worker": "web", "pool process": "worker"}.get(kind, kind)
        pid = self.live.pid(part)
        if kind != part:
            children = self.live.children(part)
            pid = self.random.choice(children) if children else None
        if pid is None or (part == "web" and not self.is_settled):
            return False
        self.live.kill(pid)
        self.serves = self.serves and part != "web"
        self.note(f"killed {kind} {pid}")
        return True

    def crash_database(self) -> None:
        """Kill the database's first process; the others notice and end."""
        self.live.kill(self.live.pid("postgres"))
        self.note("killed postgres")

    def empty_broker(self) -> None:
        """Throw away every message."""
        with redis.Redis.from_url(self.live.product.valkey.url, socket_timeout=5) as broker:
            broker.flushall()
        self.note("FLUSHALL")

    def note(self, what: str) -> None:
        """Write a line of the history."""
        self.history.append(f"{time.monotonic() - self.begun:6.1f} s  {what}")

    def kinds(self) -> set[str]:
        """Say which kinds of processes have been killed, the database aside."""
        return {
            line.split("killed ")[1].rsplit(" ", 1)[0]
            for line in self.history
            if "killed" in line and "postgres" not in line
        }

    def end(self) -> None:
        """Kill no more, once every kind has had its turn; on a busy machine that can take longer
        than the filing.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        while self.kinds() != set(KINDS) and time.monotonic() < until:
            time.sleep(0.2)
        self.ended.set()
        self.join()

    def kills(self) -> int:
        """Count the processes killed."""
        return sum("killed" in line for line in self.history)


def wait_for(what: str, is_so: Callable[[], object], *, seconds: float) -> float:
    """Wait until something is so and give how long it took; a database that is away is waited for,
    too.
    """
    import psycopg

    begun, seen = time.monotonic(), None
    while time.monotonic() - begun < seconds:
        try:
            seen = is_so()
        except psycopg.OperationalError as error:
            seen = error
        if seen is True:
            return time.monotonic() - begun
        time.sleep(0.2)
    raise AssertionError(f"{what}: not so after {seconds} s: {seen}")

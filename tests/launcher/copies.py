"""Copies of the product, started and asked as a person does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from service_portal.launcher.place import ROOT, Place, free_port
from service_portal.launcher.processes import children_of, family, is_alive

SET_BY_HAND = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "BASE_URL", "DEMO")


class Copy:
    """One copy of the product in a home of its own."""

    def __init__(self, home: Path, **settings: str) -> None:
        home.mkdir()
        self.place, self.port = Place(home), free_port()
        self.env = {
            name: value for name, value in os.environ.items() if name not in SET_BY_HAND
        } | {"PORTAL_HOME": str(home), **settings}

    def portal(self, *words: str, typed: str = "") -> str:
        """Run a command and give what it says; one that fails fails the test."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "portal"), *words],
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            input=typed,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def up(self) -> str:
        """Start it without demo data, in the background."""
        return self.portal("up", "--empty", "--detach", "--port", str(self.port))

    def status(self) -> dict[str, Any]:
        """Ask how it is."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "portal"), "status", "--json"],
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    def page(self) -> str:
        """Open the sign-in page."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/sign-in", timeout=20) as answer:
            return str(answer.read(), "utf-8")

    def processes(self) -> list[int]:
        """List every process of it."""
        children, state = children_of(), self.place.state()
        return sorted(
            {
                one
                for pid in (state["pid"], *(part["pid"] for part in state["parts"].values()))
                for one in family(pid, children)
            }
        )


def until(happens: Callable[[], object], *, seconds: float = 30) -> None:
    """Wait for something to happen; whether it has is the caller's to say."""
    end = time.monotonic() + seconds
    while not happens() and time.monotonic() < end:
        time.sleep(0.1)


def wait_until_gone(pids: list[int]) -> list[int]:
    """Give what still lives after a while."""
    until(lambda: not [pid for pid in pids if is_alive(pid)], seconds=10)
    return [pid for pid in pids if is_alive(pid)]

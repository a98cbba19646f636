"""One moment of the database, held for as long as a backup of it is made."""

from __future__ import annotations

import contextlib
import json
import subprocess
from typing import Any, Self

from service_portal.launcher import database_tools
from service_portal.launcher.archives import Manifest
from service_portal.launcher.place import ROOT
from service_portal.launcher.postgres import environment
from service_portal.launcher.processes import dies_with_us
from service_portal.launcher.product import Product
from service_portal.launcher.steps import Trouble


class Snapshot:
    """One moment of the database, held by a process of its own that can speak to it."""

    def __init__(self, product: Product) -> None:
        """Remember whose."""
        self.product = product

    def __enter__(self) -> Self:
        env = {
            **environment(),
            "BACKUP_URL": database_tools.plain(self.product.owner_url),
            "PYTHONPATH": str(ROOT),
        }
        self.process = subprocess.Popen(
            [str(self.product.place.python), "-m", "service_portal.backups.snapshot"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
            cwd=ROOT,
            text=True,
            preexec_fn=dies_with_us(15),
        )
        try:
            self.facts = self._hear()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self.process.communicate()

    def wanted(self, missing: list[str]) -> list[str]:
        """Say which of these files the database still names."""
        self._say({"missing": missing})
        return list(self._hear()["wanted"])

    def note(
        self, kind: str, *, succeeded: bool, manifest: Manifest | None = None, detail: str = ""
    ) -> None:
        """Let the database know how it went; one that is away does not change how it went."""
        about = {"bytes": 0, "files": 0, "lost_files": 0}
        if manifest:
            about = {
                "bytes": manifest.bytes,
                "files": manifest.attachments,
                "lost_files": len(manifest.lost),
            }
        elif not self._asked:
            self._say({"missing": []})
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self._say({"kind": kind, "succeeded": succeeded, "detail": detail, **about})
            self.process.wait(10)

    _asked = False

    def _say(self, words: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._asked = True
            self.process.stdin.write(json.dumps(words) + "\n")
            self.process.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None and self.process.stderr is not None
        line = self.process.stdout.readline()
        if not line:
            said = self.process.stderr.read().strip().splitlines()
            raise Trouble("The database could not be read.\n" + "\n".join(said[-3:]))
        heard: dict[str, Any] = json.loads(line)
        return heard

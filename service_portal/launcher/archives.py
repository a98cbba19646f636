"""A backup as it lies on a disk: what is in it, and whether it is whole.

DIR/manifest.json     what everything must be: rows of each table, bytes and SHA-256 of each file
DIR/database.dump     the database, in PostgreSQL's custom format
DIR/files/…           the attachments
DIR/keep/…            the keys without which nobody could sign in
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from service_portal.launcher.place import ROOT
from service_portal.launcher.steps import Trouble, counted

FORMAT = 1
MANIFEST, DUMP = "manifest.json", "database.dump"
BLOCK = 1 << 20
REVISION = re.compile(r'^revision\s*(?::\s*str\s*)?=\s*"(\w+)"', re.MULTILINE)


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    made_at: str
    release: str
    zone: str
    schema: list[str]
    major: int
    tool: int
    roles: dict[str, str]
    tables: dict[str, int]
    files: dict[str, list[Any]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Count the rows of all tables."""
        return sum(self.tables.values())

    @property
    def attachments(self) -> int:
        """Count the attachments."""
        return sum(name.startswith("files/") for name in self.files)

    @property
    def bytes(self) -> int:
        """Give the size of everything."""
        return sum(size for size, _ in self.files.values())

    def in_words(self) -> str:
        """Say what it holds, in one line."""
        return (
            f"{counted(len(self.tables), 'table')} with {counted(self.rows, 'row')}, "
            f"{counted(self.attachments, 'attachment')}, "
            f"{self.bytes / 1e6:,.1f} MB"
        )

    def write(self, folder: Path) -> None:
        """Write it into a backup."""
        with private(folder / MANIFEST) as file:
            file.write(json.dumps(asdict(self), indent=1).encode())


def private(path: Path) -> Any:
    """Open a new file that only its owner may read."""
    path.touch(mode=0o600, exist_ok=False)
    return path.open("wb")


def read_manifest(folder: Path) -> Manifest:
    """Read what a backup says of itself.

    Raises Trouble for what is none, or comes from a later release.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise Trouble(
            f"{folder} is no backup: it holds no {MANIFEST}. Name a folder that ./portal backup has"
            " made."
        )
    try:
        known = json.loads(path.read_text())
        made_by = known["format"]
        if made_by > FORMAT:
            raise Trouble(
                f"{folder} was made by a newer release ({known.get('release', 'unknown')}). "
                "Take that release's code, or a newer one, and restore with it."
            )
        return Manifest(**{one.name: known[one.name] for one in fields(Manifest)})
    except (ValueError, KeyError, TypeError) as error:
        raise Trouble(f"{path} is damaged ({error!r}). Take another backup.") from error


def known_revisions() -> set[str]:
    """List the states of the schema that this code can come from."""
    texts = (ROOT / "migrations" / "versions").glob("*.py")
    return {found for path in texts for found in REVISION.findall(path.read_text())}


def fingerprint(path: Path) -> list[Any]:
    """Give size and SHA-256 of a file."""
    digest, size = sha256(), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            size += len(block)
    return [size, digest.hexdigest()]


def check(folder: Path, manifest: Manifest, *, pg_restore: Path, env: dict[str, str]) -> None:
    """Read a backup back, every byte and every row of it.

    Raises Trouble naming what is not whole.
    """
    wrong = list(_wrong_files(folder, manifest))
    if not wrong:
        rows = rows_of(folder / DUMP, pg_restore=pg_restore, env=env)
        wrong = [
            f"table {name}: {rows.get(name, 0):,} of {wanted:,} rows"
            for name, wanted in manifest.tables.items()
            if rows.get(name, 0) != wanted
        ]
    if wrong:
        more = f"\n  and {len(wrong) - 10} more" if len(wrong) > 10 else ""
        said = "\n".join(f"  {one}" for one in wrong[:10])
        raise Trouble(f"The backup {folder} is not whole. Take another one.\n{said}{more}")


def _wrong_files(folder: Path, manifest: Manifest) -> Iterator[str]:
    for name, wanted in manifest.files.items():
        path = folder / name
        if not path.is_file():
            yield f"{name} is missing"
            continue
        found = fingerprint(path)
        if found[0] != wanted[0]:
            yield f"{name} has {found[0]:,} of {wanted[0]:,} bytes"
        elif found != wanted:
            yield f"{name} is not what was written"


def rows_of(dump: Path, *, pg_restore: Path, env: dict[str, str]) -> dict[str, int]:
    """Count the rows of each table in a dump by reading all of it, as a restore would."""
    command = [str(pg_restore), "--data-only", "--file=-", str(dump)]
    counted: dict[str, int] = {}
    table = None
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
    ) as reading:
        assert reading.stdout is not None and reading.stderr is not None
        for line in reading.stdout:
            if table is not None:
                if line == b"\\.\n":
                    table = None
                else:
                    counted[table] += 1
            elif line.startswith(b"COPY "):
                table = line.split(b" ")[1].rpartition(b".")[2].strip(b'"').decode()
                counted[table] = 0
        said = reading.stderr.read().decode(errors="replace").strip()
    if reading.returncode != 0:
        raise Trouble(f"{dump} can't be read back.\n{said[-600:]}")
    return counted

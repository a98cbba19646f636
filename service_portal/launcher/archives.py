"""A backup as it lies on a disk: what is in it, and whether it is whole.

DIR/manifest.json     what everything must be: rows of each table, bytes and SHA-256 of each file
DIR/database.dump     the database, in PostgreSQL's custom format
DIR/files/…           the attachments
DIR/keep/…            the keys without which nobody could sign in

Whoever can write to a backup may have put anything there: names lead nowhere but into it, and no
link is followed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from service_portal.launcher.ownership import plain_file
from service_portal.launcher.place import ROOT
from service_portal.launcher.product import KEYS
from service_portal.launcher.steps import Trouble, counted

FORMAT = 1
MANIFEST, DUMP = "manifest.json", "database.dump"
BLOCK = 1 << 20
# Of what a home keeps, what belongs to the zone.
KEPT = ("zone", *KEYS.values())
PART = re.compile(
    rf"{re.escape(DUMP)}|files/([0-9a-f]{{2}})/\1[0-9a-f]{{38}}|keep/({'|'.join(KEPT)})"
)
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
    try:
        file = plain_file(folder, MANIFEST)
    except OSError as error:
        raise Trouble(f"{path} can't be read ({error.strerror}).") from error
    if file is None:
        raise Trouble(
            f"{folder} is no backup: it holds no {MANIFEST}. Name a folder that ./portal backup has"
            " made."
        )
    try:
        with file:
            known = json.load(file)
        made_by = known["format"]
        if made_by > FORMAT:
            raise Trouble(
                f"{folder} was made by a newer release ({known.get('release', 'unknown')}). "
                "Take that release's code, or a newer one, and restore with it."
            )
        manifest = Manifest(**{one.name: known[one.name] for one in fields(Manifest)})
        if not all(_is_measured(one) for one in manifest.files.values()):
            raise ValueError("files")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Trouble(f"{path} is damaged ({error!r}). Take another backup.") from error
    refuse_strange(folder, manifest)
    return manifest


def _is_measured(one: Any) -> bool:
    return isinstance(one, list) and [type(part) for part in one] == [int, str]


def refuse_strange(folder: Path, manifest: Manifest) -> None:
    """Raise Trouble for a backup that names what no backup holds, or has links where its files
    should be.
    """
    for name in (DUMP, *manifest.files):
        if not PART.fullmatch(name):
            raise _tampered(folder, f"it names {name!r}, which no backup holds")
        if os.path.lexists(folder / name):
            file = plain_file(folder, *name.split("/"))
            if file is None:
                raise _tampered(folder, f"{name} is no plain file, or lies behind a link")
            file.close()


def _tampered(folder: Path, what: str) -> Trouble:
    return Trouble(
        f"The backup {folder} was changed after it was made: {what}. Nothing was taken from it;"
        " take another one."
    )


def known_revisions() -> set[str]:
    """List the states of the schema that this code can come from."""
    texts = (ROOT / "migrations" / "versions").glob("*.py")
    return {found for path in texts for found in REVISION.findall(path.read_text())}


def fingerprint(path: Path) -> list[Any]:
    """Give size and SHA-256 of a file."""
    with path.open("rb") as file:
        return copied(file)


def copied(file: IO[bytes], into: IO[bytes] | None = None) -> list[Any]:
    """Read an open file to its end, into another if there is one; give size and SHA-256."""
    digest, size = sha256(), 0
    while block := file.read(BLOCK):
        digest.update(block)
        size += len(block)
        if into is not None:
            into.write(block)
    return [size, digest.hexdigest()]


def check(folder: Path, manifest: Manifest, *, pg_restore: Path, env: dict[str, str]) -> None:
    """Read a backup back, every byte and every row of it.

    Raises Trouble naming what is not whole.
    """
    refuse_strange(folder, manifest)
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
        file = plain_file(folder, *name.split("/"))
        if file is None:
            yield f"{name} is missing"
            continue
        with file:
            found = copied(file)
        if found[0] != wanted[0]:
            yield f"{name} has {found[0]:,} of {wanted[0]:,} bytes"
        elif found != wanted:
            yield f"{name} is not what was written"


def rows_of(dump: Path, *, pg_restore: Path, env: dict[str, str]) -> dict[str, int]:
    """Count the rows of each table in a dump by reading all of it, as a restore would."""
    command = [str(pg_restore), "--data-only", "--file=-", "--format=custom", str(dump)]
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

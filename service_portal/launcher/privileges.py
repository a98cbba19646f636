"""Root starts the product, an unprivileged user runs it."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from service_portal.launcher.steps import Trouble

NAME = "serviceportal"
# What a mode grants to anybody but the owner.
OTHERS = 0o077


def service_user() -> pwd.struct_passwd | None:
    """Give the user the servers run as; None when we are not root and simply stay who we are."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        pass
    if shutil.which("useradd"):
        made = subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME],
            capture_output=True,
            check=False,
        )
        if made.returncode == 0:
            return pwd.getpwnam(NAME)
    return pwd.getpwnam("nobody")


def dropped(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """Give the arguments with which `subprocess` becomes that user."""
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def can_reach(path: Path, user: pwd.struct_passwd | None) -> bool:
    """Say whether the user may open this path; a checkout below /root is
    closed to everybody else.
    """
    return (
        user is None
        or subprocess.run(
            ["test", "-r", str(path)], cwd="/", **dropped(user), check=False
        ).returncode
        == 0
    )


def can_run(command: list[str], user: pwd.struct_passwd | None) -> bool:
    """Say whether a command succeeds for the user."""
    try:
        return (
            user is None
            or subprocess.run(
                command, cwd="/", capture_output=True, **dropped(user), check=False
            ).returncode
            == 0
        )
    except OSError:
        return False


def own(folder: Path, user: pwd.struct_passwd | None, *, mode: int = 0o700) -> None:
    """Make a folder that belongs to the user.

    Raises Trouble for one that a stranger has put there before us, which can happen below /tmp.
    """
    folder.mkdir(parents=True, exist_ok=True)
    theirs = folder.lstat()
    if not stat.S_ISDIR(theirs.st_mode) or theirs.st_uid not in {
        0,
        os.geteuid(),
        user.pw_uid if user else 0,
    }:
        raise Trouble(
            f"{folder} belongs to somebody else. Remove it, or choose another home:"
            " PORTAL_HOME=/some/folder ./portal …"
        )
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(mode)


def open_to(folder: Path, user: pwd.struct_passwd | None) -> None:
    """Make a folder of ours that the user may pass through and read, and nobody else."""
    folder.mkdir(parents=True, exist_ok=True)
    if user is not None and os.geteuid() == 0:
        os.chown(folder, 0, user.pw_gid)
    folder.chmod(0o700 if user is None else 0o750)


def open_home(home: Path, user: pwd.struct_passwd | None) -> None:
    """Let the user add to a home that is ours, and close it to everybody else.

    Sticky: who may add an entry may not take away one that belongs to root.
    """
    if user is not None:
        os.chown(home, 0, user.pw_gid)
    home.chmod(0o700 if user is None else 0o1770)


def share(home: Path, user: pwd.struct_passwd | None, *, apart: Iterable[str]) -> None:
    """Give the user everything in a home but the entries `apart`, and close it to others.

    An earlier release, or a copy, may have left files that every user of the machine can read.
    """
    for entry in home.iterdir():
        if entry.name in apart or entry.is_symlink():
            continue
        _hand_over(entry, user)
        for base, folders, files in os.walk(entry):
            for name in (*folders, *files):
                _hand_over(Path(base) / name, user)


def _hand_over(path: Path, user: pwd.struct_passwd | None) -> None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        # The product may be running: a mail is written under another name first.
        return
    if user is not None and (found.st_uid, found.st_gid) != (user.pw_uid, user.pw_gid):
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    if found.st_mode & OTHERS and not stat.S_ISLNK(found.st_mode):
        path.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)

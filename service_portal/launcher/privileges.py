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


def service_user() -> pwd.struct_passwd | None:
    """Give the user the servers run as; None when we are not root and simply stay who we are."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        pass
    if shutil.which("useradd"):
        made = subprocess.run(["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME], capture_output=True, check=False)
        if made.returncode == 0:
            return pwd.getpwnam(NAME)
    return pwd.getpwnam("nobody")


def dropped(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """Give the arguments with which `subprocess` becomes that user."""
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def can_reach(path: Path, user: pwd.struct_passwd | None) -> bool:
    """Say whether the user may open this path; a checkout below /root is closed to everybody else."""
    return user is None or subprocess.run(["test", "-r", str(path)], cwd="/", **dropped(user), check=False).returncode == 0


def can_run(command: list[str], user: pwd.struct_passwd | None) -> bool:
    """Say whether a command succeeds for the user."""
    try:
        return user is None or subprocess.run(command, cwd="/", capture_output=True, **dropped(user), check=False).returncode == 0
    except OSError:
        return False


def own(folder: Path, user: pwd.struct_passwd | None, *, mode: int = 0o700) -> None:
    """Make a folder that belongs to the user. Raises Trouble for one that a stranger has put there before us, which can happen below /tmp."""
    folder.mkdir(parents=True, exist_ok=True)
    theirs = folder.lstat()
    if not stat.S_ISDIR(theirs.st_mode) or theirs.st_uid not in {0, os.geteuid(), user.pw_uid if user else 0}:
        raise Trouble(f"{folder} belongs to somebody else. Remove it, or choose another home: PORTAL_HOME=/some/folder ./portal …")
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(mode)


def share(folder: Path, user: pwd.struct_passwd | None, *, apart: Iterable[str]) -> None:
    """Let the user add to a folder that is ours, and give it everything in there but the entries `apart`."""
    if user is None:
        return
    os.chown(folder, 0, user.pw_gid)
    # Sticky: who may add an entry may not take away one that belongs to root.
    folder.chmod(0o1775)
    for entry in folder.iterdir():
        if entry.name in apart or entry.is_symlink():
            continue
        os.chown(entry, user.pw_uid, user.pw_gid)
        for base, folders, files in os.walk(entry):
            for name in (*folders, *files):
                os.chown(Path(base) / name, user.pw_uid, user.pw_gid, follow_symlinks=False)

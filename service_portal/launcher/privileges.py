"""Root starts the product; unprivileged users run it, each of its servers one of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "serviceportal"
# Code that is executed in one of them reaches neither the data nor the process of another.
DATABASE, QUEUE = f"{NAME}-db", f"{NAME}-queue"
# What a server needs to know of the environment; the rest may hold secrets.
NEEDED = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")


@dataclass(frozen=True)
class Users:
    """Who runs what; None when we are not root and all of it simply stays who we are."""

    product: pwd.struct_passwd | None
    database: pwd.struct_passwd | None
    queue: pwd.struct_passwd | None

    @property
    def are_apart(self) -> bool:
        """Say whether whoever is the product's user is still not the database's."""
        if self.product is None or self.database is None or self.queue is None:
            return False
        return len({self.product.pw_uid, self.database.pw_uid, self.queue.pw_uid}) == 3


def users() -> Users:
    """Give the users of product, database and queue; those that are missing are made."""
    product = service_user()
    database, queue = (_server_user(name, product) for name in (DATABASE, QUEUE))
    return Users(product, database, queue)


def service_user() -> pwd.struct_passwd | None:
    """Give the user the product runs as; None when we are not root and simply stay who we are."""
    if os.geteuid() != 0:
        return None
    return _known(NAME) or _made(NAME) or pwd.getpwnam("nobody")


def _server_user(name: str, product: pwd.struct_passwd | None) -> pwd.struct_passwd | None:
    """Give a user with the product's group, which passes through a home.

    It is the product's own where none can be made.
    """
    if product is None or product.pw_name != NAME:
        return product
    found = _known(name) or _made(name, "--gid", str(product.pw_gid))
    if found is None or found.pw_uid == 0:
        return product
    return pwd.struct_passwd((*found[:3], product.pw_gid, *found[4:]))


def _known(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _made(name: str, *options: str) -> pwd.struct_passwd | None:
    if not shutil.which("useradd"):
        return None
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    subprocess.run([*command, *options, name], capture_output=True, check=False)
    # Another launcher may have been faster.
    return _known(name)


def accounts() -> set[int]:
    """Give the numbers of the users whose folders may be ours; an earlier release had one user."""
    if os.geteuid() != 0:
        return {os.geteuid()}
    known = (_known(name) for name in (NAME, DATABASE, QUEUE))
    return {0, *(user.pw_uid for user in known if user is not None)}


def dropped(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """Give the arguments with which `subprocess` becomes that user."""
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def bare_environment() -> dict[str, str]:
    """Give the environment of a server: no secret that was set for the product, nothing stray."""
    kept = {name: os.environ[name] for name in NEEDED if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


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

"""Whose the folders of a home are. Nothing here follows a link that somebody else may have set.

Root changes owners in folders that others can write: a path may lead elsewhere a moment after it
was looked at, so everything is done at open folders and files.
"""

from __future__ import annotations

import errno
import os
import pwd
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from service_portal.launcher.privileges import accounts
from service_portal.launcher.steps import Trouble

# What a mode grants to anybody but the owner.
OTHERS = 0o077
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# What is said where something else lies than a file.
NO_FILE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.EISDIR}
# A pipe must not make us wait for its other end.
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


def own(folder: Path, user: pwd.struct_passwd | None, *, mode: int = 0o700) -> None:
    """Make a folder that belongs to the user, with everything in it.

    Raises Trouble for one that a stranger has put there before us, which can happen below /tmp.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = accounts() | {user.pw_uid} if user else {os.geteuid()}
    with _opened(folder, known) as handle:
        if user is not None and os.fstat(handle).st_uid != user.pw_uid:
            # Closed while it changes hands. One that was cut short is still root's and begins anew.
            os.fchown(handle, 0, 0)
            os.fchmod(handle, 0o700)
            _hand_over_inside(handle, user)
        if user is not None:
            os.fchown(handle, user.pw_uid, user.pw_gid)
        os.fchmod(handle, mode)


def is_anothers(folder: Path, user: pwd.struct_passwd | None) -> bool:
    """Say whether a folder that is there belongs to another than its user."""
    try:
        return user is not None and folder.lstat().st_uid != user.pw_uid
    except FileNotFoundError:
        return False


def open_to(folder: Path, user: pwd.struct_passwd | None) -> None:
    """Make a folder of ours that the user may pass through and read, and nobody else."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.is_symlink() and folder.lstat().st_uid == os.geteuid():
        folder = folder.resolve()
    with _opened(folder, accounts()) as handle:
        _open(handle, user)


def open_home(home: Path, user: pwd.struct_passwd | None) -> None:
    """Let the user pass through a home that is ours, and close it to everybody else.

    It adds nothing to it: who could would put a link where root will look for a folder.
    """
    with _opened(home, None) as handle:
        _open(handle, user)


def share(home: Path, user: pwd.struct_passwd | None, *, apart: Iterable[str]) -> None:
    """Give the user everything in a home but the entries `apart`, and close it to others.

    An earlier release, or a copy, may have left files that every user of the machine can read.
    """
    left = frozenset(apart)
    with _opened(home, None) as handle:
        _hand_over_inside(handle, user, apart=left)


def plain_file(folder: Path, *names: str) -> IO[bytes] | None:
    """Open a file below a folder whose insides another user writes.

    None when it is missing, or when a link or a pipe lies there or on the way.
    """
    handles = []
    try:
        handles.append(os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
        for name, flags in zip(names, [*[FOLDER] * (len(names) - 1), FILE], strict=True):
            handles.append(os.open(name, flags, dir_fd=handles[-1]))
        if stat.S_ISREG(os.fstat(handles[-1]).st_mode):
            return os.fdopen(handles.pop(), "rb")
    except OSError as error:
        if error.errno not in NO_FILE:
            raise
    finally:
        for handle in handles:
            os.close(handle)
    return None


def _open(handle: int, user: pwd.struct_passwd | None) -> None:
    if user is not None and os.geteuid() == 0:
        os.fchown(handle, 0, user.pw_gid)
    os.fchmod(handle, 0o700 if user is None else 0o750)


@contextmanager
def _opened(folder: Path, owners: Collection[int] | None) -> Iterator[int]:
    try:
        handle = os.open(folder, FOLDER)
    except NotADirectoryError:
        raise _not_ours(folder) from None
    except OSError as error:
        if folder.is_symlink():
            raise _not_ours(folder) from error
        raise
    try:
        if owners is not None and os.fstat(handle).st_uid not in owners:
            raise _not_ours(folder)
        yield handle
    finally:
        os.close(handle)


def _not_ours(folder: Path) -> Trouble:
    return Trouble(
        f"{folder} belongs to somebody else. "
        "Remove it, or choose another home: PORTAL_HOME=/some/folder ./portal …"
    )


def _hand_over_inside(
    folder: int,
    user: pwd.struct_passwd | None,
    *,
    apart: frozenset[str] = frozenset(),
) -> None:
    for name in os.listdir(folder):
        if name in apart:
            continue
        _hand_over(name, folder, user)
        for _, folders, files, handle in os.fwalk(name, dir_fd=folder, follow_symlinks=False):
            for one in (*folders, *files):
                _hand_over(one, handle, user)


def _hand_over(name: str, folder: int, user: pwd.struct_passwd | None) -> None:
    """Give one entry of an open folder to the user and close it to others, where it is not so."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if _is_settled(found, user):
            return
        if stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode):
            handle = os.open(name, FILE, dir_fd=folder)
            try:
                _settle(handle, user)
            finally:
                os.close(handle)
        elif user is not None:
            os.chown(name, user.pw_uid, user.pw_gid, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        # The product may be running: a mail is written under another name first.
        return


def _settle(handle: int, user: pwd.struct_passwd | None) -> None:
    found = os.fstat(handle)
    if _is_settled(found, user):
        return
    if stat.S_ISREG(found.st_mode) and found.st_nlink > 1 and found.st_uid not in accounts() - {0}:
        # It has another name elsewhere, and whoever linked it here need not be its owner.
        return
    if user is not None:
        os.fchown(handle, user.pw_uid, user.pw_gid)
    os.fchmod(handle, stat.S_IMODE(found.st_mode) & ~OTHERS)


def _is_settled(found: os.stat_result, user: pwd.struct_passwd | None) -> bool:
    # Whose a link is changes nothing about where it leads.
    if stat.S_ISLNK(found.st_mode):
        return True
    mine = user is None or (found.st_uid, found.st_gid) == (user.pw_uid, user.pw_gid)
    return mine and not found.st_mode & OTHERS

"""What the service user needs where it can't reach ours: a checkout, or a Python, below /root."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from pwd import struct_passwd

from service_portal.launcher import stamps
from service_portal.launcher.ownership import open_to
from service_portal.launcher.place import ROOT, Place, checkout_lock
from service_portal.launcher.privileges import can_reach, can_run, service_user
from service_portal.launcher.processes import is_used
from service_portal.launcher.steps import say, step

SHELTERS = Path("/var/lib/service-portal")
# What the names of copies begin with, and the file that says for what a folder was made.
COPY, SOURCE = "code-", "belongs-to"
CODE = ("config.py", "wsgi.py", "pyproject.toml", "service_portal", "workers", "templates")
# What a mode lets others change.
WRITABLE = 0o022
# Of a Python's own library, what no product needs.
UNNEEDED = ("test", "idlelib", "tkinter", "ensurepip", "lib2to3", "site-packages", "config-*")


@dataclass(frozen=True)
class Reach:
    """Where processes of the service user find the code and a Python with the libraries."""

    code: Path
    python: Path
    user: struct_passwd | None
    env: dict[str, str] = field(default_factory=dict)


def reach(place: Place, user: struct_passwd | None) -> Reach | None:
    """Give what the user reaches: ours, or copies of what is closed to it;
    None when neither works.
    """
    ours = Reach(ROOT, place.python, user)
    if _works(ours):
        return ours
    folder = _folder(COPY, str(ROOT))
    with checkout_lock():
        open_to(folder, user)
        name_source(folder, ROOT)
        code = ROOT if can_reach(ROOT / "wsgi.py", user) else _code(folder)
        found = Reach(code, place.python, user)
        if not _works(found):
            found = _python(folder, place, found)
    return found if _works(found) else None


def settle() -> None:
    """Let the state of a closed checkout lie where the service user reaches it;
    `var` leads there.
    """
    home, user = ROOT / "var", service_user()
    if os.environ.get("PORTAL_HOME") or home.exists() or home.is_symlink() or can_reach(ROOT, user):
        return
    folder = _folder("home-", secrets.token_hex(8))
    open_to(folder, user)
    home.symlink_to(folder)
    say(f"  {ROOT} is closed to other users, so the state of this copy lies in {folder}.")


def shelter_of(files: Path) -> Path:
    """Name the folder for the servers of a home that their user can't reach."""
    return SHELTERS / sha256(str(files).encode()).hexdigest()[:12]


def shelter_for(files: Path, user: struct_passwd | None) -> Path:
    """Give a folder for the servers of a home that their user can't reach, as one below /root."""
    folder = shelter_of(files)
    _open_shelters()
    open_to(folder, user)
    name_source(folder, files)
    return folder


def name_source(folder: Path, source: Path) -> None:
    """Say for which checkout or home a folder was made, so that it can go when that has gone."""
    (folder / SOURCE).write_text(f"{source}\n")


def clear_away() -> None:
    """Remove copies of checkouts, and folders for the servers of homes, that are gone.

    A folder in which a program still runs stays, and so does one with a database: its home may
    lie on a disk that is merely away.
    """
    if os.geteuid() != 0 or not SHELTERS.is_dir():
        return
    for named in SHELTERS.glob(f"*/{SOURCE}"):
        folder = named.parent
        is_kept = (folder / "postgres" / "data" / "PG_VERSION").exists() or folder.is_symlink()
        if not is_kept and not os.path.lexists(named.read_text().strip()) and not is_used(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _open_shelters() -> None:
    SHELTERS.mkdir(mode=0o755, parents=True, exist_ok=True)
    SHELTERS.chmod(0o755)


def _folder(kind: str, what: str) -> Path:
    _open_shelters()
    return SHELTERS / (kind + sha256(what.encode()).hexdigest()[:12])


def _works(found: Reach) -> bool:
    if found.user is None:
        return True
    command = [str(found.python), "-c", "import flask, psycopg"]
    paths = (found.code / "wsgi.py", found.code / "service_portal" / "app.py")
    words = [f"{name}={value}" for name, value in found.env.items()]
    return all(can_reach(path, found.user) for path in paths) and can_run(
        ["env", *words, *command], found.user
    )


def _code(folder: Path) -> Path:
    """Copy the code, again whenever it has changed."""
    target, mark = folder / "code", folder / "code-copied"
    paths = [ROOT / name for name in CODE]
    files = [one for path in paths for one in (path, *path.rglob("*")) if one.is_file()]
    wanted = stamps.glance(path for path in files if path.suffix != ".pyc")
    if stamps.is_done(mark, wanted):
        return target
    with step(f"copying the code to {target}, which the service user reaches"):
        part = folder / "code.part"
        shutil.rmtree(part, ignore_errors=True)
        for path in paths:
            (shutil.copytree if path.is_dir() else shutil.copy2)(path, _made(part) / path.name)
        _open(part)
        shutil.rmtree(target, ignore_errors=True)
        part.rename(target)
    stamps.done(mark, wanted)
    return target


def _python(folder: Path, place: Place, found: Reach) -> Reach:
    """Make a Python and an environment with the same libraries, as links where the disk allows."""
    lines = (place.venv / "pyvenv.cfg").read_text().splitlines()
    home = next(line.partition(" = ")[2] for line in lines if line.startswith("home = "))
    base, version = Path(home).parent, place.packages.parent.name
    target, mark = folder / "python", folder / "python-made"
    installed = (place.venv / "installed-requirements").read_text()
    wanted = stamps.words(str(base), version, str(place.venv), installed)
    python = target / "venv" / "bin" / "python"
    env = {"LD_LIBRARY_PATH": str(target / "base" / "lib")}
    if stamps.is_done(mark, wanted):
        return replace(found, python=python, env=env)
    with step(f"making a Python in {folder}, which the service user reaches"):
        shutil.rmtree(target, ignore_errors=True)
        library, packages = base / "lib" / version, target / "venv" / "lib" / version
        _copy(library, target / "base" / "lib" / version, ignore=UNNEEDED)
        for path in (base / "lib").glob("libpython*"):
            shutil.copy2(path, target / "base" / "lib" / path.name)
        program = _made(target / "base" / "bin") / version
        shutil.copy2((base / "bin" / version).resolve(), program)
        _copy(place.packages, packages / "site-packages")
        _made(python.parent)
        python.symlink_to(program)
        text = f"home = {program.parent}\ninclude-system-site-packages = false\n"
        (target / "venv" / "pyvenv.cfg").write_text(text)
        _open(target)
    stamps.done(mark, wanted)
    return replace(found, python=python, env=env)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _copy(source: Path, target: Path, *, ignore: tuple[str, ...] = ()) -> None:
    left_out = shutil.ignore_patterns(*ignore)
    shutil.copytree(source, target, symlinks=True, ignore=left_out, copy_function=_link)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _open(folder: Path) -> None:
    """Let everybody read what is no secret, and us alone change it; what is linked stays."""
    for base, folders, files in os.walk(folder):
        for path in (Path(base), *(Path(base) / name for name in (*folders, *files))):
            found = path.lstat()
            if path.is_symlink() or (path.is_file() and found.st_nlink > 1):
                continue
            mode = stat.S_IMODE(found.st_mode) & ~WRITABLE
            path.chmod(mode | 0o444 | (0o111 if path.is_dir() else 0))

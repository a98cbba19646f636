"""`./portal backup DIR`: database, attachments and keys at one moment,
read back before it counts.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import shutil
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from service_portal.launcher import database_tools, operating, setting_up
from service_portal.launcher.archives import (
    DUMP,
    FORMAT,
    KEPT,
    PART,
    Manifest,
    check,
    copied,
    fingerprint,
    private,
    read_manifest,
)
from service_portal.launcher.ownership import plain_file
from service_portal.launcher.place import ROOT, Place
from service_portal.launcher.postgres import environment
from service_portal.launcher.product import KEYS, Product
from service_portal.launcher.snapshots import Snapshot
from service_portal.launcher.steps import Trouble, counted, say, sentence_of, step
from service_portal.launcher.supervisor import Supervisor

PATIENCE = 120


def backup(place: Place, arguments: list[str]) -> int:
    """Make a backup, or read one back with `--check`."""
    parser = argparse.ArgumentParser(prog="./portal backup", description="Back up the zone.")
    parser.add_argument("folder", metavar="DIR", nargs="?", help="a new folder for the backup")
    parser.add_argument("--check", action="store_true", help="read a backup back; make none")
    parser.add_argument("--nightly", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.nightly:
        from service_portal.launcher import nightly  # It stands on this file.

        return nightly.run(place)
    if not options.folder:
        parser.error("name a new folder for the backup: ./portal backup DIR")
    target = Path(options.folder).resolve()
    if options.check:
        return _read_back(place, target)
    refuse(place, target)
    setting_up.set_up(place)
    with serving(place) as product, step("backing up the zone"):
        manifest = make(product, target)
    report(target, manifest)
    return 1 if manifest.lost else 0


def _read_back(place: Place, target: Path) -> int:
    manifest = read_manifest(target)
    setting_up.set_up(place)
    with step("reading the backup back"):
        check(target, manifest, **reader(place, manifest))
    say(f"\nThe backup {target} is whole: {manifest.in_words()}, of {manifest.made_at}.")
    return 0


def report(target: Path, manifest: Manifest) -> None:
    """Say what was made, and loudly what could not be."""
    say(f"\nBacked up and read back: {manifest.in_words()}.\n{target}")
    say("It holds everybody's data and the keys of the zone: keep it as safe as the zone itself.")
    if manifest.lost:
        shown = "\n".join(f"  files/{name[:2]}/{name}" for name in manifest.lost[:10])
        say(
            f"\n!! {counted(len(manifest.lost), 'attachment', 'was', 'were')} missing or damaged "
            f"before the backup. Look in older backups, or on the other hosts:\n{shown}"
        )


def reader(place: Place, manifest: Manifest) -> dict[str, Any]:
    """Give the program that can read a backup's dump, and its environment."""
    _, folder = database_tools.tools_for(place, manifest.tool)
    return {"pg_restore": folder / "pg_restore", "env": environment()}


def refuse(place: Place, target: Path) -> None:
    """Raise Trouble for a target that is there already or lies in the home, and for a home without
    a zone.
    """
    if target.exists():
        raise Trouble(
            f"{target} is there already, and a backup overwrites nothing. Name a new folder."
        )
    place.must_not_hold(target)
    if not (place.home / "keep" / "zone").exists():
        raise Trouble(
            f"The home {place.home} holds no zone. Name the one to back up:"
            " PORTAL_HOME=/some/folder ./portal backup DIR"
        )


@contextmanager
def serving(place: Place) -> Iterator[Product]:
    """Give the product with its database up: the running one's, or started for the time being."""
    until = time.monotonic() + PATIENCE
    while place.state() and not place.state().get("ready"):
        if time.monotonic() > until:
            raise Trouble("The product is starting and does not get there. ./portal logs says why.")
        time.sleep(0.2)
    if place.state():
        yield Product(place)
        return
    with place.alone("backup"):
        product, supervisor = Product(place), Supervisor(place.logs)
        try:
            operating.sweep(place)
            product.start_servers(supervisor)
            yield product
        finally:
            supervisor.heed_signals()
            supervisor.stop()


def make(
    product: Product, target: Path, *, kind: str = "manual", previous: Path | None = None
) -> Manifest:
    """Make a backup, read it back, give it its name, and let the database know; or leave nothing.

    Files that an earlier backup holds already are linked to it where both lie on one disk.
    """
    with Snapshot(product) as snapshot:
        try:
            with claimed(target) as part:
                manifest = _fill(part, product, snapshot, previous)
                manifest.write(part)
                check(part, manifest, **reader(product.place, manifest))
                os.sync()
                if target.exists():
                    raise Trouble(
                        f"{target} is there already, and a backup overwrites nothing. Name a new"
                        " folder."
                    )
                part.rename(target)
        except BaseException as error:
            sentence = sentence_of(error) if isinstance(error, OSError) else None
            snapshot.note(
                kind, succeeded=False, detail=(sentence or str(error) or type(error).__name__)[:500]
            )
            raise
        snapshot.note(kind, succeeded=True, manifest=manifest)
    return manifest


@contextmanager
def claimed(target: Path) -> Iterator[Path]:
    """Give the folder a backup grows in; what a killed one has left there goes.

    It is gone afterwards.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    part.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(part, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise Trouble(
            f"Another backup is being written to {part}. Wait for it, or name another folder."
        ) from error
    try:
        for left in part.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        part.chmod(0o700)
        yield part
    finally:
        os.close(handle)
        shutil.rmtree(part, ignore_errors=True)


def _fill(part: Path, product: Product, snapshot: Snapshot, previous: Path | None) -> Manifest:
    facts = snapshot.facts
    tool, folder = database_tools.tools_for(product.place, facts["major"])
    database_tools.dump(folder, product.owner_url, part / DUMP, snapshot=facts["snapshot"])
    (part / DUMP).chmod(0o600)
    written = {DUMP: fingerprint(part / DUMP)}
    missing, damaged = [], []
    for name, size, digest in facts["files"]:
        inside = f"files/{name[:2]}/{name}"
        found = None
        # Rows and files are the product's to write: neither may lead root elsewhere.
        if PART.fullmatch(inside):
            earlier = previous and previous / inside
            found = _copy(product.files / "files", name, part / inside, [size, digest], earlier)
        if found is None:
            missing.append(name)
            continue
        written[inside] = found
        if found != [size, digest]:
            damaged.append(name)
    wanted = snapshot.wanted(missing)
    for name, text in keys(product).items():
        path = part / "keep" / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with private(path) as file:
            file.write(text.encode())
        written[f"keep/{name}"] = fingerprint(path)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return Manifest(
        format=FORMAT,
        made_at=facts["at"],
        release=project["project"]["version"],
        zone=zone_of(product),
        schema=facts["schema"],
        major=facts["major"],
        tool=tool,
        roles={
            "owner": database_tools.role_of(product.owner_url),
            "product": database_tools.role_of(product.environment()["DATABASE_URL"]),
        },
        tables=facts["tables"],
        files=written,
        lost=sorted([*wanted, *damaged]),
        gone=sorted(set(missing) - set(wanted)),
    )


def _copy(
    files: Path,
    name: str,
    target: Path,
    wanted: list[Any],
    earlier: Path | None,
) -> list[Any] | None:
    """Copy one file and give its size and SHA-256; None when it is not there."""
    for folder in (target.parent.parent, target.parent):
        folder.mkdir(mode=0o700, exist_ok=True)
    if earlier is not None and earlier.is_file() and fingerprint(earlier) == wanted:
        with contextlib.suppress(OSError):
            os.link(earlier, target)
            return wanted
    reading = plain_file(files, name[:2], name)
    if reading is None:
        return None
    with reading, private(target) as writing:
        return copied(reading, writing)


def keys(product: Product) -> dict[str, str]:
    """Give what is kept in the home and belongs to the zone, and the keys in force, wherever they
    were set.
    """
    folder = product.place.home / "keep"
    kept = {name: (folder / name).read_text() for name in KEPT if (folder / name).is_file()}
    env = product.environment()
    return kept | {name: env[setting] for setting, name in KEYS.items() if env.get(setting)}


def zone_of(product: Product) -> str:
    """Tell one zone's backups from another's, without giving a key away."""
    return sha256(f"zone {product.environment()['SECURITY_PASSWORD_SALT']}".encode()).hexdigest()[
        :16
    ]

"""`./portal restore DIR`: a whole zone from a backup, into an empty home, or nothing."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from service_portal.launcher import database_tools, filling, setting_up
from service_portal.launcher.archives import (
    DUMP,
    Manifest,
    check,
    copied,
    known_revisions,
    private,
    read_manifest,
)
from service_portal.launcher.backing_up import reader
from service_portal.launcher.ownership import plain_file
from service_portal.launcher.place import ROOT, Place
from service_portal.launcher.postgres import environment
from service_portal.launcher.product import KEYS, Product
from service_portal.launcher.shelter import shelter_of
from service_portal.launcher.steps import Trouble, counted, run, say, step
from service_portal.launcher.supervisor import Supervisor

# What a home may hold and still be empty.
NOTHING = {"logs", "run", "venv"}


def restore(place: Place, arguments: list[str]) -> int:
    """Restore a backup into the empty home, bring it to this release, and check it."""
    parser = argparse.ArgumentParser(
        prog="./portal restore", description="Restore a backup into an empty home."
    )
    parser.add_argument("folder", metavar="DIR", help="a folder that ./portal backup has made")
    source = Path(parser.parse_args(arguments).folder).resolve()
    manifest = read_manifest(source)
    refuse_newer(source, manifest)
    refuse_other_keys(source, os.environ)
    refuse_used(place)
    place.make()
    setting_up.set_up(place)
    with step("reading the backup"):
        check(source, manifest, **reader(place, manifest))
    with place.alone("restore"):
        refuse_used(place)
        with emptied_on_failure(place, source):
            product = _bring_files(place, source, manifest)
            held, differs = _bring_database(product, source, manifest)
    report(place, manifest, held=held, differs=differs)
    return 1 if differs else 0


def report(place: Place, manifest: Manifest, *, held: int, differs: str) -> None:
    """Say what was restored and what is left to do."""
    say(f"\nRestored into {place.home}: {manifest.in_words()}, as they were at {manifest.made_at}.")
    say("Everybody signs in again, with the password they had then. Start it with ./portal up")
    if held:
        say(
            f"\n!! {counted(held, 'mail')} from before {'is' if held == 1 else 'are'} held, "
            "because that may have been sent already. "
            "When it runs: ./portal held-mail says which, ./portal held-mail send or drop decides."
        )
    if manifest.lost:
        lost = counted(len(manifest.lost), "attachment", "was", "were")
        say(f"\n!! {lost} missing or damaged when the backup was made.")
    if differs:
        say(
            f"\n!! The recount differs. It may have differed before the backup was made.\n{differs}"
        )


def refuse_newer(source: Path, manifest: Manifest) -> None:
    """Raise Trouble for a backup whose database this code does not know yet."""
    if unknown := set(manifest.schema) - known_revisions():
        raise Trouble(
            f"{source} was made by a newer release ({manifest.release}, schema"
            f" {', '.join(sorted(unknown))}). Take that release's code, or a newer one, and restore"
            " with it."
        )


def refuse_other_keys(source: Path, given: Mapping[str, str]) -> None:
    """Raise Trouble when a key is set outside that is not the backup's: nobody could sign in."""
    for setting, name in KEYS.items():
        file = plain_file(source, "keep", name) if given.get(setting) else None
        if file is None:
            continue
        with file:
            kept = file.read().decode(errors="replace").strip()
        if kept != given[setting]:
            raise Trouble(
                f"{setting} is set to another value than the zone in {source} was made with. "
                f"Unset it, or set it to what {source / 'keep' / name} holds."
            )


def refuse_used(place: Place) -> None:
    """Raise Trouble for a home that holds anything but what an earlier restore that was cut off has
    left.
    """
    if place.state():
        raise Trouble(
            f"A copy runs in {place.home}. A backup is restored into a home of its"
            f" own:{_elsewhere()}"
        )
    if place.restoring.exists():
        return
    found = [
        path
        for path in _belongings(place)
        if path.exists() and (path.is_file() or any(path.rglob("*")))
    ]
    if found:
        raise Trouble(
            f"The home {place.home} is not empty: it holds {found[0]}. A backup is restored into an"
            f" empty one:{_elsewhere()}\nor move {place.home} away first."
        )


def _elsewhere() -> str:
    return "\n  PORTAL_HOME=/some/folder ./portal restore DIR"


def _belongings(place: Place) -> list[Path]:
    inside = (
        [path for path in sorted(place.home.iterdir()) if path.name not in NOTHING]
        if place.home.exists()
        else []
    )
    shelter = shelter_of(place.home)
    return [*inside, shelter / "postgres", shelter / "valkey"]


@contextmanager
def emptied_on_failure(place: Place, source: Path) -> Iterator[None]:
    """Leave the home empty when a restore fails; one that is killed leaves a mark, and the next
    begins anew.
    """
    if place.restoring.exists():
        Product(place, restoring=True).postgres.stop_leftover()
    _empty(place)
    place.restoring.write_text(f"{source}\n")
    place.make()
    try:
        yield
    except BaseException:
        _empty(place)
        place.restoring.unlink(missing_ok=True)
        raise
    place.restoring.unlink()


def _empty(place: Place) -> None:
    for path in _belongings(place):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _bring_files(place: Place, source: Path, manifest: Manifest) -> Product:
    with step(f"copying {counted(manifest.attachments, 'attachment')} and the keys"):
        for name, wanted in manifest.files.items():
            if name == DUMP:
                continue
            target = place.home / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            reading = plain_file(source, *name.split("/"))
            if reading is None:
                raise Trouble(f"{source / name} has gone since it was checked. Begin anew.")
            with reading, private(target) as writing:
                found = copied(reading, writing)
            if found != wanted:
                raise Trouble(
                    f"{target} is not what was copied. Check the disk, and run the command again."
                )
    product = Product(place, restoring=True)
    product.own_files()
    return product


def _bring_database(product: Product, source: Path, manifest: Manifest) -> tuple[int, str]:
    """Restore the database and bring it to this release; say how many mails are held, and what a
    recount finds.
    """
    supervisor = Supervisor(product.place.logs)
    try:
        product.start_servers(supervisor)
        facts = _facts(product, manifest)
        server = json.loads(_arrival(product, "look", facts))
        if server["powers"]:
            raise Trouble(
                "The role of DATABASE_OWNER_URL may do more on the database server than own this"
                f" database ({', '.join(server['powers'])}), and what a backup holds would run with"
                " that. Name a role that owns the database and nothing more."
            )
        if server["tables"]:
            raise Trouble(
                f"The database of DATABASE_URL is not empty: it holds {server['tables']} tables. A"
                " backup is restored into an empty one. Make one with createdb and name it; if an"
                " interrupted restore has left these tables, drop that database and make it again."
            )
        _, folder = database_tools.tools_for(product.place, server["major"], least=manifest.tool)
        with step(f"restoring {manifest.rows:,} rows"):
            grants = database_tools.restore(
                folder, product.owner_url, source / DUMP, python=product.place.python
            )
            _arrival(product, "arrive", {**facts, "grants": grants})
        filling.migrate(product)
        _arrival(product, "note", facts)
        with step("working off what was under way when the backup was made"):
            said = run(
                [product.place.python, "-m", "workers.entry", "settle"],
                trouble="It could not be worked off.",
                env=product.environment(),
                cwd=ROOT,
            )
        filling.seeded(product).write_text(product.place.kept("zone", lambda: "empty"))
        return json.loads(said.splitlines()[-1])["held"], _recount(product)
    finally:
        supervisor.stop()
        product.own_files()


def _arrival(product: Product, what: str, facts: Mapping[str, Any]) -> str:
    env = {
        **environment(),
        "BACKUP_URL": database_tools.plain(product.owner_url),
        "PYTHONPATH": str(ROOT),
    }
    return run(
        [product.place.python, "-m", "service_portal.backups.arrival", what],
        trouble="The database could not be restored.",
        env=env,
        cwd=ROOT,
        given=json.dumps(facts),
    )


def _recount(product: Product) -> str:
    """Give what a recount finds wrong, empty when all is proven."""
    with step("recounting"):
        done = subprocess.run(
            product.flask_command("recount"),
            cwd=ROOT,
            env=product.environment_of("recount"),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode == 0:
        return ""
    differs = [line for line in done.stdout.splitlines() if "DIFFERS" in line]
    return "\n".join(differs or done.stderr.splitlines()[-5:])


def _facts(product: Product, manifest: Manifest) -> dict[str, Any]:
    owner = database_tools.role_of(product.owner_url)
    serving = database_tools.role_of(product.environment()["DATABASE_URL"])
    roles = {manifest.roles["owner"]: owner, manifest.roles["product"]: serving}
    return {
        "tables": manifest.tables,
        # One role for both needs no rights of its own, and must not lose those it has as the owner.
        "roles": roles if owner != serving else {},
        "at": manifest.made_at,
        "bytes": manifest.bytes,
        "files": manifest.attachments,
        "lost_files": len(manifest.lost),
        "gone": manifest.gone,
    }

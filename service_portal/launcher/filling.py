"""What the database of a running copy needs before it serves: the newest schema, its own keys, and
at first a zone.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from service_portal.launcher import stamps
from service_portal.launcher.place import ROOT
from service_portal.launcher.product import Product
from service_portal.launcher.steps import Trouble, say, step


def migrate(product: Product) -> None:
    """Bring the database to the newest schema; our own only when the
    migrations have changed.
    """
    mark = product.postgres.folder / "migrated"
    migrations = ROOT / "migrations"
    wanted = stamps.digest(
        *sorted(migrations.glob("versions/*.py")), *sorted(migrations.glob("sql/*.sql"))
    )
    if product.own_database and stamps.is_done(mark, wanted):
        return
    with step("bringing the database to the newest schema"):
        said = product.flask("migrate")
    for line in said.splitlines():
        if line.startswith(("Warning:", "Note:")):
            say(line)
    if product.own_database:
        stamps.done(mark, wanted)


def check_keys(product: Product) -> None:
    """Raise Trouble when the keys in use are not those the database was made with.

    Our own database is asked once for each pair of keys; each process asks for itself, too.
    """
    wanted = product.keys()
    mark = product.postgres.folder / "keys"
    if product.own_database and stamps.is_done(mark, wanted):
        return
    with step("comparing the keys with the database's"):
        product.flask("check-keys")
    if product.own_database:
        stamps.done(mark, wanted)


def seed(product: Product, *, empty: bool) -> None:
    """Fill a new database: the demo zone, or only the bones of a zone and an administrator."""
    mark = seeded(product)
    if mark.exists():
        if empty and mark.read_text() == "demo":
            raise Trouble(
                "This home holds the demo zone already. An empty zone needs a home of its own:"
                " PORTAL_HOME=/some/folder ./portal up --empty"
            )
        return
    product.place.keep("zone", "empty" if empty else "demo")
    with step("making an empty zone" if empty else "making the demo zone"):
        said = product.flask("seed-empty" if empty else "seed-demo")
    if empty:
        say(said.rstrip())
    mark.write_text("empty" if empty else "demo")


def seeded(product: Product) -> Path:
    """Give the file that says which zone the database was filled with."""
    if product.own_database:
        return product.postgres.folder / "seeded"
    return (
        product.place.home
        / "keep"
        / f"seeded-{sha256(os.environ['DATABASE_URL'].encode()).hexdigest()[:10]}"
    )

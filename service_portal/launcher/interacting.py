"""Commands that somebody types into: `./portal psql` here, and what keeps Ctrl-C theirs."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service_portal.launcher.database_tools import called, tools
from service_portal.launcher.place import Place
from service_portal.launcher.product import Product
from service_portal.launcher.steps import Trouble


@contextmanager
def ctrl_c_for_the_command() -> Iterator[None]:
    """Leave Ctrl-C to the command that runs: the launcher waits until it has ended by itself."""
    # A handler, and no SIG_IGN, which the command would inherit.
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def psql(product: Product, arguments: list[str]) -> int:
    """Run psql on the product's database, as the product or with `--owner` as the owner."""
    rest = [word for word in arguments if word != "--owner"]
    url = product.owner_url if "--owner" in arguments else product.environment()["DATABASE_URL"]
    bare, env = called(url)
    with ctrl_c_for_the_command():
        return subprocess.call([str(program(product.place)), f"--dbname={bare}", *rest], env=env)


def program(place: Place) -> Path:
    """Give psql: the wheel's, else the system's. Raises Trouble where there is none."""
    known = tools(place)
    if known:
        return known[max(known)] / "psql"
    found = shutil.which("psql")
    if found is None:
        raise Trouble(
            "There is no psql on this machine. Install it (Debian: apt-get install"
            " postgresql-client) and run the command again."
        )
    return Path(found)

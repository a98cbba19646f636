"""`./portal dev`: the product with a demo zone on this machine alone. What changes in the code is
taken up at once, and the terminal shows what each request asked the database.
"""

from __future__ import annotations

import argparse
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from threading import Thread

from service_portal.launcher import filling, setting_up
from service_portal.launcher.exposure import check_exposure
from service_portal.launcher.operating import (
    check_given,
    check_settings,
    connections,
    demo_accounts,
    sweep,
)
from service_portal.launcher.parts import product_parts
from service_portal.launcher.place import ROOT, Place
from service_portal.launcher.ports import choose_port
from service_portal.launcher.product import Product, wants_demo
from service_portal.launcher.shelter import reach
from service_portal.launcher.steps import Trouble, say
from service_portal.launcher.supervisor import FIRST_PAUSE, Part, Supervisor

HOST = "127.0.0.1"
# The launcher is what runs; a change of it counts from its next start.
LAUNCHER = Path(__file__).parent
WATCHED = ("*.py", "*.po")
LOOK_SECONDS = 0.4
APPLICATION = "service_portal.developing:application"
# One process, so that its log tells one story.
SETTINGS = {"WEB_WORKERS": "1", "WORKER_PROCESSES": "1"}


class Sources:
    """The files of the product whose changes are taken up."""

    def __init__(self, *roots: Path) -> None:
        self.roots = roots
        self.known = self._read()

    def _read(self) -> dict[Path, int]:
        found: dict[Path, int] = {}
        for root in self.roots:
            files = [root] if root.is_file() else [f for kind in WATCHED for f in root.rglob(kind)]
            for path in files:
                if path.is_relative_to(LAUNCHER):
                    continue
                # An editor may take a file away and put another one in its place.
                if path.exists():
                    found[path] = path.stat().st_mtime_ns
        return found

    def changed(self) -> list[Path]:
        """Give the files that were changed, added or removed since the last look."""
        before, self.known = self.known, self._read()
        return sorted(
            path for path in {*before, *self.known} if before.get(path) != self.known.get(path)
        )


def dev(place: Place, arguments: list[str]) -> int:
    """Run the demo zone for whoever works on the code, until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="./portal dev", description="Run a demo zone, with the code as it is being changed."
    )
    parser.add_argument("--port", type=int, help="port of the web (default 8080, or the next one)")
    options = parser.parse_args(arguments)
    check_given(os.environ)
    if not wants_demo(place):
        raise Trouble(
            f"{place.home} holds a real zone, and ./portal dev is for a demo. Give it a home of"
            " its own: PORTAL_HOME=/some/folder ./portal dev"
        )
    check_exposure(host=HOST, given=os.environ, is_meant=False)
    place.make()
    with place.alone("up"):
        setting_up.set_up(place)
        return _run(place, options.port)


def _run(place: Place, wanted: int | None) -> int:
    sweep(place)
    os.environ.update({name: os.environ.get(name) or value for name, value in SETTINGS.items()})
    product = Product(place)
    port = choose_port(wanted, host=HOST, drops=product.user is not None)
    address = f"http://{HOST}:{port}"
    settings = check_settings(product.environment(address=address))
    supervisor = Supervisor(place.logs)
    about = {"address": address, "host": HOST, "port": port}

    def tell(*, ready: bool) -> None:
        place.write_state({**about, "ready": ready, "parts": supervisor.state()})

    try:
        tell(ready=False)
        product.start_servers(supervisor, connections=connections(settings))
        filling.migrate(product)
        filling.check_keys(product)
        filling.seed(product, empty=False)
        say(demo_accounts(product))
        product.own_files()
        supervisor.heed_signals()
        parts = product_parts(product, host=HOST, port=port, address=address)
        parts[0].command[-1:] = ["--factory", APPLICATION]
        for part in parts:
            _show(place.logs / f"{part.name}.log", part.name)
            supervisor.start(part)
        supervisor.changed = lambda: tell(ready=True)
        supervisor.changed()
        say(f"\nService Portal runs at {address}, its mails are at {address}/mailbox")
        say("Changed code is taken up by itself. Ctrl-C stops everything.\n")
        Thread(target=_follow_code, args=(product, parts), daemon=True).start()
        supervisor.watch()
    finally:
        supervisor.heed_signals()
        supervisor.stop()
        place.forget_state()
    return 0


def _follow_code(product: Product, parts: list[Part]) -> None:
    """Start the parts again after each change of the code that can be read as Python."""
    sources = Sources(ROOT / "service_portal", ROOT / "workers", ROOT / "config.py")
    while True:
        time.sleep(LOOK_SECONDS)
        changed = sources.changed()
        if not changed:
            continue
        names = ", ".join(str(path.relative_to(ROOT)) for path in changed)
        if wrong := first_error(changed):
            say(f"── {names}: {wrong}")
            continue
        say(f"── {names}: starting again")
        setting_up.compile_translations(product.place)
        # Where the product's user can't reach the code, it runs from a copy.
        reach(product.place, product.service_user)
        restart(parts)


def first_error(changed: Iterable[Path]) -> str:
    """Say what keeps a changed file from being Python, empty when nothing does."""
    for path in changed:
        if path.suffix == ".py" and path.exists():
            try:
                compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
            except (SyntaxError, ValueError) as error:
                return str(error)
    return ""


def restart(parts: Iterable[Part]) -> None:
    """End the parts; their supervisor starts them again."""
    for part in parts:
        if part.process is not None and part.is_up:
            part.pause = FIRST_PAUSE
            part.process.send_signal(signal.SIGTERM)


def _show(log: Path, name: str) -> None:
    """Show what is written to a part's log from now on."""
    begin = log.stat().st_size if log.exists() else 0

    def follow() -> None:
        at = begin
        while True:
            if log.exists():
                with log.open("rb") as lines:
                    lines.seek(at if log.stat().st_size >= at else 0)
                    for line in lines:
                        say(f"{name:<7}{line.decode(errors='replace').rstrip()}")
                    at = lines.tell()
            time.sleep(0.1)

    Thread(target=follow, daemon=True).start()

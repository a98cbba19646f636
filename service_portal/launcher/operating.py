"""`./portal up` and `./portal down`: starts the whole product under one supervisor,
and stops it.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config import Settings, load_settings
from service_portal.launcher import filling, setting_up, turns
from service_portal.launcher.exposure import check_exposure
from service_portal.launcher.parts import nightly_backup, product_parts
from service_portal.launcher.place import ROOT, AtWork, Place
from service_portal.launcher.ports import choose_port
from service_portal.launcher.processes import end, is_alive, kill_group
from service_portal.launcher.product import EVERYWHERE, Product, wants_demo
from service_portal.launcher.shelter import clear_away
from service_portal.launcher.steps import Trouble, say, step
from service_portal.launcher.supervisor import Supervisor, open_log

# Connections beyond those of web and workers: relay, commands, a person with psql.
SPARE_CONNECTIONS = 20
# Names the open file that holds the turn for a launcher in the background.
HANDED = "PORTAL_TURN"
MADE_HERE = ("SECRET_KEY", "SECURITY_PASSWORD_SALT", "SECURITY_TOTP_SECRETS")
TRY = "File something as enterprise_owner, then find it in the queue as station_member."
NEXT = (
    "Ctrl-C stops everything. In another terminal, ./portal status says how it is and ./portal help"
    " what else there is."
)
NEXT_DETACHED = (
    "./portal status says how it is, ./portal logs what happened, ./portal down stops it."
)

ONE_USER = (
    "no users of their own could be made for PostgreSQL and Valkey (useradd), so they share one "
    "with web and workers: whoever runs code as that user can let itself into the database as any "
    "role."
)


def up(place: Place, arguments: list[str]) -> int:
    """Set up what is missing and run the product until Ctrl-C, or in the background with
    `--detach`.
    """
    parser = argparse.ArgumentParser(
        prog="./portal up", description="Set up what is missing and run everything."
    )
    parser.add_argument(
        "--port", type=int, help="port of the web (default 8080, or the next free one)"
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address the web listens on; 0.0.0.0 for all of this machine's",
    )
    parser.add_argument("--detach", action="store_true", help="come back when it runs")
    parser.add_argument(
        "--empty", action="store_true", help="a zone without demo data, with one administrator"
    )
    parser.add_argument(
        "--public-demo",
        action="store_true",
        help="a demo that other machines may reach, where anybody is anybody",
    )
    options = parser.parse_args(arguments)
    running = place.state()
    if running:
        if options.port not in (None, running.get("port")):
            raise Trouble(
                f"This copy runs already, at {running['address']}. Stop it first with ./portal"
                " down, or start another in a home of its own with PORTAL_HOME."
            )
        say(_runs_already(running) if running["ready"] else str(AtWork(running["pid"])))
        return 0
    check_given(os.environ)
    if wants_demo(place, empty=options.empty):
        check_exposure(host=options.host, given=os.environ, is_meant=options.public_demo)
    place.make()
    try:
        if options.detach:
            return _detach(place, arguments)
        begun = time.monotonic()
        with place.alone("up", handed=_handed()):
            setting_up.set_up(place)
            return _run(place, options, begun)
    except AtWork as other:
        running = place.state()
        say(_runs_already(running) if running.get("ready") else str(other))
        return 0


def _runs_already(running: Mapping[str, Any]) -> str:
    return f"It runs already: {running['address']}   (./portal down stops it)"


def _handed() -> int | None:
    """Give the open file of the turn that `up --detach` has taken for this process."""
    handle = os.environ.pop(HANDED, "")
    return int(handle) if handle else None


def _run(place: Place, options: argparse.Namespace, begun: float) -> int:
    sweep(place)
    clear_away()
    product = Product(place)
    port = choose_port(options.port, host=options.host, drops=product.user is not None)
    address = (
        os.environ.get("BASE_URL")
        or f"http://{'127.0.0.1' if options.host in EVERYWHERE else options.host}:{port}"
    )
    settings = check_settings(product.environment(address=address))
    backups = nightly_backup(place, settings.backup_dir)
    supervisor = Supervisor(place.logs, said=say)
    ready = False

    def tell() -> None:
        place.write_state(
            {
                "address": address,
                "host": options.host,
                "port": port,
                "ready": ready,
                "parts": supervisor.state(),
            }
        )

    try:
        tell()
        supervisor.changed = tell
        product.start_servers(supervisor, connections=connections(settings))
        filling.migrate(product)
        filling.check_keys(product)
        filling.seed(product, empty=options.empty or not product.is_demo)
        accounts = demo_accounts(product)
        product.own_files()
        if product.stays_root:
            say(
                f"  Note: {place.home} is closed to other users, so web and workers run as root;"
                f" PostgreSQL and Valkey do not, and keep their data in {product.shelter}. To"
                " change that, stop it and move the home to where others may pass, such as"
                " PORTAL_HOME=/srv/zone."
            )
        if product.is_one_user:
            say(f"  Note: {ONE_USER}")
        supervisor.heed_signals()
        with step("starting web, relay, worker and beat"):
            # The web first and alone: people wait for it, and what they file waits safely for the
            # others.
            serving = product_parts(product, host=options.host, port=port, address=address)
            for part in [*serving, *backups]:
                supervisor.start(part)
        ready = not supervisor.told
        tell()
        if ready:
            say(f"\nService Portal runs at {address}   (ready in {time.monotonic() - begun:.1f} s)")
            say(accounts + f"\n{NEXT_DETACHED if os.environ.get('PORTAL_DETACHED') else NEXT}")
        supervisor.watch()
    finally:
        supervisor.heed_signals()
        supervisor.stop()
        place.forget_state()
    say("\nEverything is stopped.")
    return 0 if ready else 1


def check_given(given: Mapping[str, str]) -> None:
    """Check what is set outside before anything is made, with stand-ins for what the launcher
    makes. Raises Trouble naming all that is wrong.
    """
    check_settings(
        {
            "DATABASE_URL": "postgresql://",
            "REDIS_URL": "redis://",
            **dict.fromkeys(MADE_HERE, "0" * 32),
            **{name: value for name, value in given.items() if value},
        }
    )


def check_settings(environment: dict[str, str]) -> Settings:
    """Check all settings before anything starts.

    Raises Trouble naming every one that is missing or wrong.
    """
    try:
        return load_settings(environment)
    except SystemExit as wrong:
        raise Trouble(str(wrong)) from wrong


def connections(settings: Settings) -> int:
    """Give how many connections the database must allow: pools of web and workers with their
    overflow, and some to spare.
    """
    return (settings.web_workers + settings.worker_processes) * (
        settings.web_threads + 3
    ) + SPARE_CONNECTIONS


def demo_accounts(product: Product) -> str:
    """Give the demo's sign-ins; made once for each state of the code, because asking takes a
    second.
    """
    if not (product.is_demo and wants_demo(product.place)):
        return ""
    code, address = (product.place.venv / "compiled").read_text(), product.environment()["BASE_URL"]
    made_for, _, said = product.place.kept("demo-accounts", lambda: "").partition("\n")
    if not made_for.startswith(f"{code} "):
        try:
            with step("asking for the demo's sign-ins"):
                said = product.flask("demo-accounts").strip()
        except Trouble:
            return "The sign-in page has a button for each role."
        made_for = f"{code} {address}"
        product.place.keep("demo-accounts", f"{made_for}\n{said}")
    return f"\n{said.replace(made_for.split(' ')[1], address)}\n{TRY}\n"


def sweep(place: Place) -> None:
    """End what a launcher that was killed has left behind."""
    left = place.last_state().get("parts", {})
    for name, part in left.items():
        if not is_alive(part["pid"], part["born"]):
            continue
        if name == "postgres":
            end(part["pid"], signal.SIGINT, patience=30)
        else:
            kill_group(part["pid"])
    place.forget_state()


def _detach(place: Place, arguments: list[str]) -> int:
    log = place.logs / "launcher.log"
    command = [
        sys.executable,
        str(ROOT / "portal"),
        "up",
        *(word for word in arguments if word != "--detach"),
    ]
    # It may hold the password of a new zone's administrator.
    # The turn is taken before the log is emptied: a second start must not wipe out the first one's.
    turn = place.take_turn("up")
    try:
        with open_log(log) as output:
            output.truncate(0)
            child = subprocess.Popen(
                command,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, "PORTAL_DETACHED": "1", HANDED: str(turn)},
                pass_fds=[turn],
            )
    finally:
        os.close(turn)
    shown = 0
    try:
        while child.poll() is None and not (
            place.state().get("ready") and place.state().get("pid") == child.pid
        ):
            time.sleep(0.1)
            shown = _show_new(log, shown)
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise
    time.sleep(0.1)
    _show_new(log, shown)
    return child.poll() or 0


def _show_new(log: Path, shown: int) -> int:
    with log.open("rb") as source:
        source.seek(shown)
        new = source.read()
    sys.stdout.write(new.decode(errors="replace"))
    sys.stdout.flush()
    return shown + len(new)


def down(place: Place, _rest: list[str]) -> int:
    """Stop the running copy, and whatever a killed launcher has left behind."""
    running = place.state()
    if not running:
        starting = turns.holder(place.turn)
        if starting is not None and starting.runs_product:
            end(starting.pid, signal.SIGTERM, patience=90)
            say("The start was given up.")
            return 0
        sweep(place)
        say("It does not run.")
        return 0
    if not end(running["pid"], signal.SIGTERM, patience=90):
        os.kill(running["pid"], signal.SIGKILL)
        time.sleep(1)
        sweep(place)
    say("Everything is stopped.")
    return 0

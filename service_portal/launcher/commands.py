"""The launcher's commands, and which of the portal's own are passed on to it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from service_portal.launcher import (
    backing_up,
    comparing,
    developing,
    filling,
    interacting,
    looking,
    operating,
    restoring,
    setting_up,
    testing,
    translating,
    turns,
)
from service_portal.launcher.place import ROOT, Place, find_place
from service_portal.launcher.product import Product
from service_portal.launcher.shelter import settle
from service_portal.launcher.steps import Trouble, say, sentence_of, step
from service_portal.launcher.supervisor import PRIVATE, Supervisor

OURS: dict[str, tuple[Callable[[Place, list[str]], int], str, str]] = {
    "up": (
        operating.up,
        "[--port N] [--host H] [--detach] [--empty] [--public-demo]",
        "set up what is missing, run everything, print address and sign-ins",
    ),
    "down": (operating.down, "", "stop it"),
    "status": (
        looking.status,
        "[--json]",
        "what runs, where, how much memory it takes, and what to do when something is red",
    ),
    "logs": (
        looking.logs,
        "[PART] [-f]",
        "the last lines of the logs, or of one part's; -f follows it",
    ),
    "test": (
        testing.test,
        "[--fast] [--coverage] [pytest arguments]",
        "set up what the tests need and run them all",
    ),
    "dev": (
        developing.dev,
        "[--port N]",
        "run a demo zone that takes up changed code and shows what each request asks the database",
    ),
    "backup": (
        backing_up.backup,
        "DIR [--check]",
        (
            "copy database, attachments and keys into a new folder and read them back, while it"
            " serves; --check reads one back"
        ),
    ),
    "restore": (restoring.restore, "DIR", "make a zone of a backup, in an empty home"),
    "messages": (
        translating.messages,
        "",
        "add new messages to the translations and say what lacks Chinese",
    ),
}
PASSED_ON = {
    "demo-accounts": ("[--json]", "one demo account for each role; with --json an API token each"),
    "replay": (
        "FILE --format uci|boston",
        "play a recorded log through the journey and report; [--speed N|max] [--limit N]",
    ),
    "recount": ("", "prove that rollups, ledger and tickets say the same"),
    "ledger": ("…", "verify the usage ledger"),
    "held-mail": ("[send|drop]", "say which mails are held since a restore, or send or drop them"),
    "bench": (
        "[--tickets N,M] [--against CHECKOUT]",
        "measure speed on throw-away servers, as ratios to floors of the same run, or to another"
        " release in turns",
    ),
    "shell": ("", "a Python with the application, its database and its models"),
    "psql": ("[--owner] […]", "PostgreSQL's own terminal, as the product or as the owner"),
    "migrate": ("", "bring the database to the newest schema"),
    "accept-keys": (
        "",
        "take the keys in use as the database's own, where it was made with others",
    ),
    "create-administrator": (
        "EMAIL",
        "make an administrator and print a password to sign in with once",
    ),
    "reset-second-factor": ("EMAIL", "take away the second factor of somebody who has lost it"),
}

# They need no zone.
UNSEEDED = {"migrate", "create-administrator", "reset-second-factor", "accept-keys"}
# These work on servers of their own.
APART = {"bench", "replay"}


def main(arguments: list[str]) -> int:
    """Run a command and give the exit status. Troubles are said, not raised."""
    # Whatever is made in a home is for its owner: reset links, attachments, logs.
    os.umask(PRIVATE)
    command, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        if command == "replay" and (wrong := check_log(rest)) is not None:
            return wrong
        if command in {"up", "restore", *PASSED_ON}:
            settle()
        if command in OURS:
            return OURS[command][0](find_place(), rest)
        if command in PASSED_ON:
            # What the command prints may be read by a program, so the launcher's own words go the
            # other way.
            with redirect_stdout(sys.stderr):
                return pass_on(find_place(), arguments)
    except Trouble as trouble:
        say(f"\n{trouble}")
        return 1
    except KeyboardInterrupt:
        say("\nStopped.")
        return 130
    except OSError as error:
        sentence = sentence_of(error)
        if sentence is None:
            raise
        say(f"\n{sentence}")
        return 1
    return show_help(command)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def show_help(command: str) -> int:
    """Print what there is; a word that is no command is named."""
    is_asked = command in {"help", "--help", "-h"}
    if not is_asked:
        say(f"There is no command “{command}”.\n")
    say("Service Portal\n")
    words = {name: (options, about) for name, (_, options, about) in OURS.items()} | PASSED_ON
    for name, (options, about) in words.items():
        usage = f"./portal {name} {options}".rstrip()
        say(f"  {usage:<54} {about}" if len(usage) <= 54 else f"  {usage}\n{'':57}{about}")
    say(
        "\nState lives in var/, or in the folder PORTAL_HOME names. DATABASE_URL and REDIS_URL name"
        " servers of your own."
    )
    return 0 if is_asked else 2


def check_log(words: list[str]) -> int | None:
    """Say what is wrong with a replay's words or log before anything is made for it, and give the
    exit status; None when it can begin. Whoever asks how it is called is answered, too.
    """
    checker = [sys.executable, "-P", "-m", "service_portal.replaying.beginning", *words]
    known = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    status = subprocess.call(checker, env=known)
    return None if status == 0 and not {"-h", "--help"} & set(words) else status


def pass_on(place: Place, arguments: list[str]) -> int:
    """Run one of the portal's own commands, with its servers up: those of the running product, or
    started for the time being.
    """
    setting_up.set_up(place)
    if arguments[0] in APART:
        return _apart(place, arguments)
    product = Product(place)
    operating.check_settings(product.environment())
    if place.state().get("ready"):
        return _call(product, arguments)
    with place.alone():
        supervisor = Supervisor(place.logs)
        try:
            operating.sweep(place)
            product.start_servers(supervisor)
            filling.migrate(product)
            if arguments[0] != "accept-keys":
                filling.check_keys(product)
            if arguments[0] not in UNSEEDED:
                filling.seed(product, empty=not product.is_demo)
            return _call(product, arguments)
        finally:
            supervisor.heed_signals()
            supervisor.stop()


def _apart(place: Place, arguments: list[str]) -> int:
    """Run a command on servers made for it and thrown away afterwards, so that what it invents
    never reaches the zone's database.

    Only one of a kind runs in a home: a second one would throw the first one's database away.
    """
    name = arguments[0]
    folder = place.home / name
    product = Product(place, apart=folder, reckless=name == "replay")
    operating.check_settings(product.environment())
    with _only(folder / "turn", name):
        if name == "bench" and "--against" in arguments:
            return comparing.compare(place, arguments)
        supervisor = Supervisor(place.logs)
        try:
            shutil.rmtree(product.shelter / "postgres", ignore_errors=True)
            product.start_servers(supervisor)
            filling.migrate(product)
            with step("making a zone"):
                product.flask("seed-demo" if name == "bench" else "seed-empty")
            return _call(product, arguments)
        finally:
            supervisor.heed_signals()
            supervisor.stop()
            shutil.rmtree(product.shelter / "postgres", ignore_errors=True)


@contextmanager
def _only(turn: Path, name: str) -> Iterator[None]:
    """Hold the turn of a command in a home, or refuse when another one has it."""

    def busy(holder: turns.Holder | None) -> None:
        whose = f" (process {holder.pid})" if holder else ""
        raise Trouble(
            f"A {name} runs in this home already{whose}. Wait until it has ended, stop it,"
            f" or give this one a home of its own: PORTAL_HOME=/some/folder ./portal {name} …"
        )

    handle = turns.take(turn, name, busy=busy)
    try:
        yield
    finally:
        os.close(handle)


def _call(product: Product, arguments: list[str]) -> int:
    if arguments[0] == "psql":
        return interacting.psql(product, arguments[1:])
    if arguments[0] == "shell":
        with interacting.ctrl_c_for_the_command():
            return _call_flask(product, arguments)
    return _call_flask(product, arguments)


def _call_flask(product: Product, arguments: list[str]) -> int:
    here = [str(Path(word).resolve()) if Path(word).is_file() else word for word in arguments]
    try:
        return subprocess.call(
            product.flask_command(*here), cwd=ROOT, env=product.environment_of(here[0])
        )
    finally:
        product.own_files()

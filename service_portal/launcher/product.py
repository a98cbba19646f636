"""One running copy: its settings, its servers, its database and its processes."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from pwd import struct_passwd

from service_portal.launcher import stamps
from service_portal.launcher.knocking import check_servers
from service_portal.launcher.ownership import open_home, open_to, own, share
from service_portal.launcher.place import ROOT, Place, free_port
from service_portal.launcher.postgres import Postgres
from service_portal.launcher.privileges import can_reach, users
from service_portal.launcher.roles import OWNER, PRODUCT, passwords, prepare
from service_portal.launcher.shelter import Reach, reach, shelter_for
from service_portal.launcher.steps import Trouble, run, step
from service_portal.launcher.supervisor import Supervisor
from service_portal.launcher.valkey import Valkey

LAUNCHERS_OWN = {"venv", "keep", "run", "logs", "postgres", "valkey", "bench", "replay"}
# The product's own; it can add no others to the home.
PRODUCTS_OWN = ("files", "mail")
# Nothing set for other programs may change how ours behave.
FOREIGN = ("PG", "PYTHON", "FLASK_", "GRANIAN_", "CELERY_")
EVERYWHERE = ("0.0.0.0", "::", "")
# They change the schema or load a zone; nothing else knows the owner's address.
OWNERS_COMMANDS = ("migrate", "seed-demo", "seed-empty", "replay", "bench", "accept-keys")
COMMANDS = "service_portal.cli:command_line"
# An engineer's instrument, which stands outside of the product.
BENCH = "tests.bench.commands:command_line"
# Settings whose value is kept in the home, where they are not set outside; the database depends on
# them.
KEYS = {
    "SECRET_KEY": "secret-key",
    "SECURITY_PASSWORD_SALT": "password-salt",
    "SECURITY_TOTP_SECRETS": "totp-secrets",
}


class Product:
    """Everything `up` starts and the other commands need.

    `apart` names a folder for throw-away servers instead of the home's; `reckless` ones need not
    survive a crash.
    """

    def __init__(
        self,
        place: Place,
        *,
        apart: Path | None = None,
        reckless: bool = False,
        restoring: bool = False,
    ) -> None:
        self.place, self.is_restoring = place, restoring
        self.own_database, self.own_valkey = (
            not os.environ.get("DATABASE_URL"),
            not os.environ.get("REDIS_URL"),
        )
        who = self.users = users()
        user = self.service_user = who.product
        self.files = apart or place.home
        place.home.mkdir(parents=True, exist_ok=True)
        open_home(place.home, user)
        if apart:
            # One of the web's making could hold links.
            own(apart, None)
            open_to(apart, user)
        shelter = self.files if can_reach(self.files, user) else shelter_for(self.files, user)
        self.shelter = shelter
        self.postgres = Postgres(
            shelter / "postgres",
            place.packages,
            user=who.database,
            passwords=passwords(place),
            reckless=reckless,
        )
        port = (
            free_port() if apart else int(place.kept("valkey-port", lambda: free_port() or 16379))
        )
        self.valkey = Valkey(
            shelter / "valkey",
            place.packages,
            user=who.queue,
            port=port or 16379,
            password=place.secret("valkey-password"),
        )

    @cached_property
    def reach(self) -> Reach:
        """Give where the product's processes find code and Python, and the user they run as."""
        found = None
        if can_reach(self.files, self.service_user):
            found = reach(self.place, self.service_user)
        return found or Reach(ROOT, self.place.python, None)

    @property
    def user(self) -> struct_passwd | None:
        """Give the user the product's processes run as; None when they stay who we are."""
        return self.reach.user

    @property
    def stays_root(self) -> bool:
        """Say whether they run as root, because their user can't reach what they need."""
        return self.service_user is not None and self.user is None

    @property
    def is_one_user(self) -> bool:
        """Say whether root has started it and yet product and servers share a user."""
        ours = self.own_database or self.own_valkey
        return ours and self.service_user is not None and not self.users.are_apart

    @property
    def is_demo(self) -> bool:
        """Say whether this copy holds the demo zone."""
        return self.place.kept("zone", _zone_wanted) == "demo"

    def environment(self, *, address: str | None = None) -> dict[str, str]:
        """Give the environment of the product's processes: what is set outside wins, the rest is
        made here.
        """
        made = {
            **{setting: self.place.secret(name) for setting, name in KEYS.items()},
            "BASE_URL": (
                address or self.place.last_state().get("address") or "http://127.0.0.1:8080"
            ),
            "DEMO": str(self.is_demo).lower(),
        }
        if self.files != self.place.home:
            # What is made to be thrown away files as fast as it can.
            made["FILINGS_PER_MINUTE"] = "0"
        if self.own_database:
            made["DATABASE_URL"] = self.postgres.url(PRODUCT)
        if self.own_valkey:
            made["REDIS_URL"] = self.valkey.url
        given = {
            name: value
            for name, value in os.environ.items()
            if value and not name.startswith(FOREIGN)
        }
        fixed = {
            "PORTAL_HOME": str(self.files),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "MALLOC_ARENA_MAX": "2",
        }
        # What serves never knows how to become the owner of the tables.
        given.pop("DATABASE_OWNER_URL", None)
        return {"LANG": "C.UTF-8", **made, **given, **fixed}

    @property
    def owner_url(self) -> str:
        """Give the address of the role that owns the schema."""
        if self.own_database:
            return self.postgres.url(OWNER)
        return os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]

    def environment_of(self, command: str) -> dict[str, str]:
        """Give the environment of one of the portal's own commands: the few that need the owner's
        address get it.
        """
        owner = self.owner_url
        known = self.environment()
        return (
            {**known, "DATABASE_OWNER_URL": owner}
            if owner and command in OWNERS_COMMANDS
            else known
        )

    def start_servers(self, supervisor: Supervisor, *, connections: int = 0) -> None:
        """Start the servers that are ours and check those that are not.

        Raises Trouble for a home that is half restored.
        """
        if self.place.restoring.exists() and not self.is_restoring:
            raise Trouble(
                f"A restore into {self.place.home} was cut off, so this home is not whole. Run it"
                " again; it begins anew: ./portal restore"
                f" {self.place.restoring.read_text().strip()}"
            )
        check_servers(os.environ, self.place.python)
        if self.own_database:
            if self.postgres.make():
                with step("making the database"):
                    supervisor.start(self.postgres.part(connections=connections))
                    prepare(self.postgres, self.place, is_new=True)
                # It is made with the keys in use: the web keeps their fingerprints when it starts.
                stamps.done(self.postgres.folder / "keys", self.keys())
            else:
                supervisor.start(self.postgres.part(connections=connections))
                prepare(self.postgres, self.place, is_new=False)
        if self.own_valkey:
            if free_port(self.valkey.port) is None:
                self.valkey.port = free_port() or 16379
                self.place.keep("valkey-port", self.valkey.port)
            supervisor.start(self.valkey.part(), wait=30)

    def keys(self) -> str:
        """Fingerprint the keys in use."""
        known = self.environment()
        return stamps.words(known["SECRET_KEY"], known["SECURITY_PASSWORD_SALT"])

    def flask(self, *arguments: str) -> str:
        """Run one of the portal's own commands and give what it prints."""
        try:
            return run(
                self.flask_command(*arguments),
                cwd=ROOT,
                env=self.environment_of(arguments[0]),
                trouble=f"The command “{arguments[0]}” did not succeed.",
            )
        finally:
            self.own_files()

    def flask_command(self, *arguments: str) -> list[str]:
        """Give the command line for one of the portal's own commands."""
        commands = BENCH if arguments[0] == "bench" else COMMANDS
        return [str(self.place.python), "-m", "flask", "--app", commands, "portal", *arguments]

    def own_files(self) -> None:
        """Give what the product writes to its user; the launcher's own folders stay root's."""
        for name in PRODUCTS_OWN:
            # It may be a link to a disk that is away.
            with suppress(FileExistsError):
                (self.files / name).mkdir(mode=0o700)
        share(self.files, self.user, apart=LAUNCHERS_OWN)


def wants_demo(place: Place, *, empty: bool = False) -> bool:
    """Say whether a start in this home lets people in as a demo does; makes nothing."""
    if os.environ.get("DEMO"):
        return _zone_wanted() == "demo"
    known = place.home / "keep" / "zone"
    zone = known.read_text().strip() if known.exists() else _zone_wanted()
    return zone == "demo" and not empty


def _zone_wanted() -> str:
    return "empty" if os.environ.get("DEMO", "").lower() in {"false", "no", "0"} else "demo"

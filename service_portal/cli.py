"""`flask portal …`: what an operator does to the portal. The launcher's commands end here."""

from __future__ import annotations

import code
import os
import readline
import rlcompleter
from importlib import import_module
from pathlib import Path

import click
import sqlalchemy as sa
from flask import Flask, current_app
from flask.cli import AppGroup
from flask_migrate import Migrate, upgrade

from config import load_settings
from service_portal.app import create_app
from service_portal.folders.commands import complete_zone
from service_portal.kernel import clock
from service_portal.kernel.acting import acting
from service_portal.kernel.db import Model, db
from service_portal.kernel.least_role import excess, warning

ROOT = Path(__file__).resolve().parent.parent


@click.pass_context
def _begin(context: click.Context) -> None:
    """Say for whom the command works, until it ends."""
    context.with_resource(acting(f"command {context.invoked_subcommand}"))


portal = AppGroup("portal", help="Operate the portal.", callback=_begin)

# Folders that bring commands of their own, in `<folder>/commands.py` as `register(group)`.
COMMANDS = ("demo", "replaying", "counting", "ledger", "accounts", "notifications")


@portal.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    upgrade(directory=str(ROOT / "migrations"))
    complete_zone()
    click.echo("The database is at the newest schema.")
    if found := excess():
        click.echo(warning(found))


@portal.command()
def shell() -> None:
    """Open a Python with the application, its database and all models at hand.

    What is changed stays only after `db.session.commit()`.
    """
    models = {mapper.class_.__name__: mapper.class_ for mapper in Model.registry.mappers}
    names = {"app": current_app, "db": db, "sa": sa, "clock": clock, **models}
    readline.set_completer(rlcompleter.Completer(names).complete)
    readline.parse_and_bind("tab: complete")
    code.interact(
        banner=f"app, db, sa, clock and {len(models)} models. Nothing stays without a commit.",
        local=names,
        exitmsg="",
    )


def command_line() -> Flask:
    """Build the application with its commands, for `flask --app service_portal.cli:command_line …`.

    Web and workers do without their libraries.
    """
    app = create_app(load_settings(os.environ), patient=True)
    init_cli(app)
    return app


def init_cli(app: Flask) -> None:
    """Give the application its commands."""
    Migrate(app, db, directory=str(ROOT / "migrations"))
    for folder in COMMANDS:
        import_module(f"service_portal.{folder}.commands").register(portal)
    app.cli.add_command(portal)

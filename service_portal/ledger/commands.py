"""`ledger verify`: checks the chain of the usage ledger."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from service_portal.ledger.models import USAGE
from service_portal.ledger.queries import verify


def register(group: AppGroup) -> None:
    """Give the application the command."""
    ledger = AppGroup("ledger", help="Look after the usage ledger.")
    ledger.command("verify")(verify_chain)
    group.add_command(ledger)


def verify_chain() -> None:
    """Follow the chain from the first entry to the head; name the first entry that is wrong."""
    fault = verify()
    if fault is not None:
        click.echo(
            f"The ledger is not whole: {fault.kind} at entry {fault.seq} {fault.detail}".rstrip(),
            err=True,
        )
        sys.exit(1)
    click.echo(f"The ledger is whole: {USAGE.length()} entries.")

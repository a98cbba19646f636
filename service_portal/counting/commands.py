"""`recount`: proves that ledger, rollups, service events and tickets say the same."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from service_portal.counting.queries import prove
from service_portal.kernel.clock import now


def register(group: AppGroup) -> None:
    """Give the application the command."""
    group.command("recount")(recount)


def recount() -> None:
    """Recount everything and say what differs; the exit status is 1 when anything does."""
    proof = prove(now=now())
    for finding in proof:
        click.echo(
            f"  {'ok    ' if finding.holds else 'DIFFERS'}"
            f" {finding.what}{'' if finding.holds else ': ' + finding.detail}"
        )
    sys.exit(0 if all(finding.holds for finding in proof) else 1)

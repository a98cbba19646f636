"""`held-mail`: what became of the mails that a restored backup has brought along."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.notifications.holding import drop_held, send_held
from service_portal.notifications.queries import held_mails

ACTS = {"send": (send_held, "go on their way"), "drop": (drop_held, "are dropped")}


def register(group: AppGroup) -> None:
    """Give the application the command."""
    group.command("held-mail")(held_mail)


@click.argument("act", required=False, type=click.Choice(sorted(ACTS)))
def held_mail(act: str | None) -> None:
    """Say which mails are held since a restore, or send or drop them all."""
    if act:
        service, words = ACTS[act]
        with unit_of_work():
            count = service()
        click.echo(f"{count:,} mails {words}.")
        return
    found = held_mails()
    if not found:
        click.echo("No mail is held.")
        return
    click.echo(f"{sum(row.mails for row in found):,} mails are held since a backup was restored:")
    for row in found:
        click.echo(
            f"  {row.mails:>7,}  {row.kind:<28} {row.oldest:%Y-%m-%d %H:%M} to"
            f" {row.newest:%Y-%m-%d %H:%M} UTC"
        )
    click.echo("./portal held-mail send sends them, ./portal held-mail drop drops them.")

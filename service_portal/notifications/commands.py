"""`held-mail`: what becomes of the mails of which the operator decides."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.notifications.holding import drop_held, send_held
from service_portal.notifications.mail_queries import held_mails
from service_portal.notifications.wording import sentence
from service_portal.web.language import speaking

ACTS = {
    "send": (send_held, ("goes on its way", "go on their way")),
    "drop": (drop_held, ("is dropped", "are dropped")),
}

LETTERS = {
    "reset_instructions": "a link to set a password",
    "reset_notice": "a password was set by a letter's link",
    "change_notice": "a password was changed",
    "invitation": "an invitation",
    "second_factor": "a second factor was set up, turned off or reset",
}


def mails(count: int) -> str:
    """Count mails in words."""
    return f"{count:,} mail{'s' * (count != 1)}"


def about(kind: str) -> str:
    """Say in words what mails of a kind are about."""
    with speaking("en"):
        return LETTERS.get(kind) or sentence(kind, {})


def register(group: AppGroup) -> None:
    """Give the application the command."""
    group.command("held-mail")(held_mail)


@click.argument("act", required=False, type=click.Choice(sorted(ACTS)))
def held_mail(act: str | None) -> None:
    """Say which mails are held since a restore or a refusal, or send or drop them all."""
    if act:
        service, words = ACTS[act]
        with unit_of_work():
            count = service()
        click.echo(f"{mails(count)} {words[count != 1]}.")
        return
    found = held_mails()
    if not found:
        click.echo("No mail is held.")
        return
    held = sum(row.mails for row in found)
    are = "is" if held == 1 else "are"
    click.echo(f"{mails(held)} {are} held, since a backup was restored or the server refused them:")
    for row in found:
        dates = f"{row.oldest:%Y-%m-%d %H:%M} to {row.newest:%Y-%m-%d %H:%M} UTC"
        click.echo(f"  {row.mails:>7,}  {dates}  {about(row.kind)}")
    click.echo("./portal held-mail send sends them, ./portal held-mail drop drops them.")

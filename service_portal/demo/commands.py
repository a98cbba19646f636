"""`seed-demo` and `seed-empty`: what a new database is filled with."""

from __future__ import annotations

import secrets
from random import Random

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import AppGroup

from service_portal.access.actor import Role
from service_portal.accounts.models import Membership, Person
from service_portal.accounts.services import new_person
from service_portal.demo.bell import ring_bells
from service_portal.demo.history import make_history
from service_portal.demo.people import make_people
from service_portal.demo.skeleton import seed_skeleton
from service_portal.kernel.clock import now
from service_portal.kernel.copying import take_statistics
from service_portal.kernel.db import db
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.tickets.models import Ticket
from service_portal.web.acting import loading

SEED = 20_261


def register(group: AppGroup) -> None:
    """Give the application the commands that fill a database."""
    group.command("seed-demo")(seed_demo)
    group.command("seed-empty")(seed_empty)


@click.option(
    "--seed", type=int, default=SEED, show_default=True, help="the same seed makes the same zone"
)
def seed_demo(seed: int) -> None:
    """Make the demo zone, all of it or nothing."""
    if db.session.scalar(sa.select(Ticket.id).limit(1)) is not None:
        click.echo("There are tickets already; nothing is changed.")
        return
    moment, random = now(), Random(seed)  # noqa: S311 – it invents, it keeps no secret
    with unit_of_work(), loading():
        seed_skeleton(now=moment, demo=True)
        zone = make_people(random, now=moment)
        events = make_history(random, zone, now=moment)
        ring_bells(zone, now=moment)
    take_statistics(current_app.config["DATABASE_OWNER_URL"])
    tickets = db.session.scalar(sa.select(sa.func.count()).select_from(Ticket))
    click.echo(f"The demo zone is made: {tickets} tickets, {events} countable service events.")


@click.option(
    "--email",
    default="administrator@localhost.localdomain",
    show_default=True,
    help="who administers the zone",
)
def seed_empty(email: str) -> None:
    """Make a zone without tickets and with one administrator, and print the password to sign in
    with once.
    """
    moment = now()
    with unit_of_work(), loading():
        seed_skeleton(now=moment)
        if (
            db.session.scalar(
                sa.select(Membership.id).where(Membership.role == Role.ADMINISTRATOR).limit(1)
            )
            is not None
        ):
            return
        password = secrets.token_urlsafe(12)
        person: Person = new_person(
            email=email,
            name_en="Administrator",
            name_zh="管理员",
            password=password,
            locale="en",
            now=moment,
        )
        db.session.add(Membership(person_id=person.id, role=Role.ADMINISTRATOR, created_at=moment))
    click.echo(
        f"The zone is empty. Sign in as {email} with the password {password} and change it in your"
        " settings."
    )

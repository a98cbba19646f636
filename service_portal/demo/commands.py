"""`seed-demo`: fills a new database with a zone that never was."""

from __future__ import annotations

from datetime import datetime
from random import Random

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.dialects.postgresql import insert

from service_portal.demo.banking import make_products, make_requests
from service_portal.demo.bell import ring_bells
from service_portal.demo.figures import make_figures
from service_portal.demo.finance import make_finance
from service_portal.demo.history import make_history
from service_portal.demo.people import make_people
from service_portal.demo.splitting import split_one
from service_portal.demo.zone import Zone as DemoZone
from service_portal.directory.models import Zone
from service_portal.folders import seed as seed_zone
from service_portal.kernel.clock import now
from service_portal.kernel.copying import take_statistics
from service_portal.kernel.db import db
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.people.models import Person
from service_portal.tickets.models import Ticket
from service_portal.web.acting import loading

SEED = 20_261
NAME = {"name_en": "Foshan High-tech Zone (demo)", "name_zh": "佛山高新区（演示）"}


def register(group: AppGroup) -> None:
    """Give the application the command that makes the demo."""
    group.command("seed-demo")(seed_demo)


@click.option(
    "--seed", type=int, default=SEED, show_default=True, help="the same seed makes the same zone"
)
def seed_demo(seed: int) -> None:
    """Make the demo zone, all of it or nothing."""
    if any(db.session.scalar(sa.select(one.id).limit(1)) for one in (Ticket, Person)):
        click.echo("There are tickets or people already; nothing is changed.")
        return
    moment, random = now(), Random(seed)  # noqa: S311 – it invents, it keeps no secret
    with unit_of_work(), loading():
        zone, events = make_cases(random, now=moment)
        make_figures(zone, seed=seed, now=moment)
        make_products(zone, now=moment)
        make_finance(random, zone, now=moment)
        split_one(zone, now=moment)
        make_requests(random, zone, now=moment)
        ring_bells(zone, now=moment)
    take_statistics(current_app.config["DATABASE_OWNER_URL"])
    tickets = db.session.scalar(sa.select(sa.func.count()).select_from(Ticket))
    click.echo(f"The demo zone is made: {tickets} tickets, {events} countable service events.")


def make_cases(random: Random, *, now: datetime) -> tuple[DemoZone, int]:
    """Make people and their cases, without figures and money; give also how many events count."""
    db.session.execute(insert(Zone).values(id=1, **NAME).on_conflict_do_nothing())
    seed_zone(now=now)
    zone = make_people(random, now=now)
    return zone, make_history(random, zone, now=now)

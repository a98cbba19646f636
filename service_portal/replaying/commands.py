"""`replay`: plays a recorded log through the journey in a zone of its own, prints and saves a
report, and checks it.
"""

from __future__ import annotations

import gc
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import AppGroup

from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.copying import take_statistics
from service_portal.kernel.db import db
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.replaying.beginning import format_of, speed_of
from service_portal.replaying.logs import FORMATS, Case, Unreadable, read_log
from service_portal.replaying.parties import make_parties
from service_portal.replaying.playing import Play
from service_portal.replaying.reporting import in_words, read_result, save
from service_portal.sla.queries import calendar_for
from service_portal.tickets.models import Ticket
from service_portal.web.acting import loading

SAID_EVERY = 2.0


def register(group: AppGroup) -> None:
    """Give the application the command."""
    group.command("replay")(replay)


def _speed(_context: click.Context, _parameter: click.Parameter, value: str) -> float | None:
    try:
        return speed_of(value)
    except ArgumentTypeError as error:
        raise click.BadParameter(str(error)) from error


def _format(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    try:
        return format_of(value)
    except ArgumentTypeError as error:
        raise click.ClickException(str(error)) from error


@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    required=True,
    callback=_format,
    metavar="|".join(sorted(FORMATS)),
    help="what the file's columns mean",
)
@click.option(
    "--speed",
    default="max",
    show_default=True,
    callback=_speed,
    help="how many times faster than in the log; max: as fast as it goes",
)
@click.option("--limit", type=click.IntRange(min=1), help="play only the first cases")
def replay(file: Path, form: str, speed: float | None, limit: int | None) -> None:
    """Make the parties a log names, file its cases at their moments and let the portal do the rest.

    The zone must hold no ticket yet; ./portal replay makes one.
    """
    begun_at, start = now(), monotonic()
    try:
        cases = read_log(file, form, zone=zone_time(), limit=limit)
    except Unreadable as error:
        raise click.ClickException(str(error)) from error
    if db.session.scalar(sa.select(Ticket.id).limit(1)) is not None:
        raise click.ClickException(
            "There are tickets already. A replay needs a zone of its own; ./portal replay makes"
            " one."
        )
    with unit_of_work(), loading():
        parties = make_parties(cases, now=cases[0].filed_at)
    click.echo(
        f"{len(cases):,} cases of {len(parties.askers):,} enterprises, {len(parties.members):,}"
        f" members, {len(parties.institutions):,} institutions."
    )
    take_statistics(current_app.config["DATABASE_OWNER_URL"])
    play = Play(
        cases,
        parties,
        auto_close_days=current_app.config["AUTO_CLOSE_WORKING_DAYS"],
        each_step=_pace(speed, len(cases)),
    )
    # What is loaded stays; looking through it again and again is no part of any act.
    gc.collect()
    gc.freeze()
    played = monotonic()
    play.run()
    result = read_result(
        play, source=file.name, begun_at=begun_at.isoformat(), seconds=monotonic() - played
    )
    result.notes = _notes(cases)
    click.echo(f"\n{in_words(result)}")
    path = save(result, Path(current_app.config["PORTAL_HOME"]) / "reports")
    click.echo(f"\nSaved as {path}   ({monotonic() - start:.0f} s in all)")
    if not result.holds:
        sys.exit(1)


def _pace(speed: float | None, wanted: int) -> Callable[[Play], None]:
    """Say how far it is now and then; with a speed, wait until the log's clock has earned the next
    step.
    """
    state: dict[str, Any] = {"said": monotonic(), "begun": monotonic(), "from": None}

    def each_step(play: Play) -> None:
        if state["from"] is None:
            state["from"] = play.now
        if speed is not None:
            due = state["begun"] + (play.now - state["from"]).total_seconds() / speed
            sleep(max(0.0, due - monotonic()))
        if monotonic() - state["said"] >= SAID_EVERY:
            state["said"] = monotonic()
            rate = play.filed / (monotonic() - state["begun"])
            click.echo(
                f"  {play.now.astimezone(zone_time()):%Y-%m-%d %H:%M}  {play.filed:>6,} of"
                f" {wanted:,} filed, {play.answered:>6,} answered, {len(play.unassigned):>4,}"
                f" waiting   {rate:.0f} tickets/s"
            )

    return each_step


def _notes(cases: list[Case]) -> list[str]:
    official = calendar_for()[1].official_years
    years = sorted({case.filed_at.astimezone(zone_time()).year for case in cases} - set(official))
    notes = []
    if years:
        named = ", ".join(map(str, years))
        notes.append(
            f"There is no official calendar of {named}; Monday to Friday were taken as working"
            " days."
        )
    moved = [case.key for case in cases if case.moved]
    if moved:
        notes.append(
            f"Times run backwards in {len(moved):,} cases, such as {moved[0]};"
            " each such moment was taken as that of the one before it."
        )
    if not any(case.staff for case in cases):
        notes.append("The log names nobody who worked; relief was made by its rate and durations.")
    return notes

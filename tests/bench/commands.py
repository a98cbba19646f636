"""`bench`: fills a throw-away database and measures every figure the product promises,
in one run.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import click
import psycopg
import sqlalchemy as sa
from flask import Flask, current_app

from service_portal import cli
from service_portal.kernel.clock import now, zone_time
from tests.bench import figures, lending, loading, rounds, serving, statements, waiting
from tests.bench.measuring import Bench
from tests.bench.metering import Meter, can_measure
from tests.bench.reporting import Report

ALL = ("floors", "filing", "pages", "statements", "rounds", "journey", "waiting", "finance")


def command_line() -> Flask:
    """Build the application with the bench's command beside its own."""
    app = cli.command_line()
    cli.portal.command("bench")(bench)
    return app


def _sizes(_context: click.Context, _parameter: click.Parameter, value: str) -> list[int]:
    try:
        return sorted({int(part.replace("_", "")) for part in value.split(",")})
    except ValueError as error:
        raise click.BadParameter(
            "Give whole numbers separated by commas, such as 50000,1000000."
        ) from error


@click.option(
    "--tickets",
    "sizes",
    default="50000",
    show_default=True,
    callback=_sizes,
    help="how many tickets to measure with; several, separated by commas, one after the other",
)
@click.option(
    "--seconds",
    default=3.0,
    show_default=True,
    help="length of a round; each figure is the median of three",
)
@click.option(
    "--seed", default=loading.SEED, show_default=True, help="the same seed makes the same tickets"
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(ALL),
    help="measure a part only; may be given several times",
)
def bench(sizes: list[int], seconds: float, seed: int, only: tuple[str, ...]) -> None:
    """Load tickets and measure speed as ratios to floors.

    The database is used up: give it one of its own, with the demo zone in it.
    """
    home, report = Path(current_app.config["PORTAL_HOME"]).resolve(), Report(now())
    dsn, owner_dsn = _dsn("DATABASE_URL"), _dsn("DATABASE_OWNER_URL")
    if not can_measure():
        click.echo("This system has no /proc, so processor times are missing from the table.")
    with psycopg.connect(
        owner_dsn, autocommit=True, options="-c timezone=UTC -c synchronous_commit=off"
    ) as owner:
        _refuse_foreign(owner)
        for size in sizes:
            click.echo(f"Loading up to {size:,} tickets …")
            loaded = loading.fill(
                owner, tickets=size, today=now().astimezone(zone_time()).date(), seed=seed
            )
            report.loads.append({"tickets": size, "seconds": loaded.seconds})
            click.echo(
                f"  {sum(loaded.seconds.values()):.0f} s: "
                + ", ".join(f"{step} {taken} s" for step, taken in loaded.seconds.items())
            )
            one = Bench(owner, home, size, seconds, Random(seed), click.echo)
            _measure(one, report, dsn, set(only or ALL))
    report.compare_sizes()
    click.echo(f"\n{report.table()}\n\nSaved as {report.save(home / 'reports')}")


def _measure(one: Bench, report: Report, dsn: str, wanted: set[str]) -> None:
    if "floors" in wanted:
        click.echo("Measuring the bare handler …")
        report.figures += figures.bare_handler(one)
    if wanted & {"filing", "pages", "journey"}:
        with serving.web("wsgi:app", "/healthz?only=web", one.home) as (port, pid):
            meter = Meter([pid], one.backend())
            if "pages" in wanted:
                click.echo("Measuring pages …")
                report.figures += figures.pages(one, port, meter)
            if "filing" in wanted:
                click.echo("Measuring filing in turns with the bare inserts …")
                report.figures += figures.filing(one, port, meter, dsn)
            if "journey" in wanted:
                click.echo("Measuring filed → assigned …")
                report.figures += rounds.filed_to_assigned(
                    one, port, seconds=max(5.0, 5 * one.seconds)
                )
    if "statements" in wanted:
        report.figures += statements.statements(one)
    if "rounds" in wanted:
        click.echo("Measuring rounds …")
        report.figures += rounds.rounds(one)
    if "waiting" in wanted:
        click.echo("Measuring rounds while many wait …")
        report.figures += waiting.waiting_rooms(one)
    if "finance" in wanted:
        click.echo("Measuring the sums of money …")
        report.figures += lending.lending(one)


def _dsn(setting: str) -> str:
    return (
        sa.make_url(current_app.config[setting])
        .set(drivername="postgresql")
        .render_as_string(hide_password=False)
    )


def _refuse_foreign(owner: psycopg.Connection) -> None:
    """Never touch a zone that somebody works in: only a fresh demo's database, or one the bench has
    used before, may be used up.
    """
    row = owner.execute(
        "SELECT count(*) FILTER (WHERE demo), count(*) FILTER (WHERE NOT demo),"
        " to_regnamespace('floor') IS NOT NULL FROM ticket"
    ).fetchone()
    if row is None or not row[0] or (row[1] and not row[2]):
        raise click.ClickException(
            "The bench needs a database of its own that holds a fresh demo zone. ./portal bench"
            " makes one."
        )

"""The demo zone is as large as promised, alive today, holds what an auditor should find, counts
true, and is the same for the same seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import Context
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask, current_app

from service_portal.accounts.models import Membership
from service_portal.counting.queries import prove
from service_portal.directory.exchanging import export, read_file, take
from service_portal.directory.kinds import KINDS
from service_portal.directory.models import (
    Absence,
    Enterprise,
    EnterpriseExclusion,
    Institution,
    InterestConflict,
    Member,
    Park,
    Station,
)
from service_portal.kernel import clock as kernel_clock
from service_portal.kernel.db import db
from service_portal.ledger.models import UsageEntry
from service_portal.people.models import Person
from service_portal.sla.business_time import Limit
from service_portal.sla.queries import published
from service_portal.sla.rules import counted_from, ladder_of, next_rung
from service_portal.tickets.clock_models import Clock
from service_portal.tickets.codes import NotCountable
from service_portal.tickets.models import Message, ServiceEvent, Ticket, TimelineEntry
from service_portal.tickets.projection import project_clocks
from service_portal.tickets.rules import Status
from tests.bench import loading
from tests.factories.demo import seeded
from tests.server import TestServer
from tests.services import demo_finance

pytestmark = pytest.mark.xdist_group("demo")

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
# What is written by hand of a machine, not of the seed.
OWN = {
    "published_at",
    "available_at",
    "updated_at",
    "create_datetime",
    "update_datetime",
    "password",
}


@pytest.fixture(scope="module")
def still() -> Iterator[None]:
    """Time stands still."""
    kernel_clock.follow(lambda: NOW)
    yield
    kernel_clock.follow(None)


def digests() -> dict[str, str]:
    """Give a digest of every table that the seed fills."""
    found = {}
    for name, table in db.metadata.tables.items():
        columns = ", ".join(
            f'"{column.name}"' for column in table.columns if column.name not in OWN
        )
        rows, digest = db.session.execute(
            sa.text(
                "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM (SELECT"
                f" {columns} FROM {name}) AS t"
            )
        ).one()
        if rows:
            found[name] = digest
    return found


@pytest.fixture(scope="module")
def zone(
    still: None, server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The demo zone everybody gets; gives a digest of every table."""
    database, app = seeded(server, template, tmp_path_factory.mktemp("zone"), "zone")
    with app.app_context():
        yield digests()
        db.session.remove()
        db.engine.dispose()
    server.drop(database)


def number(model: Any, *where: Any) -> int:
    """Count rows."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0


def multiplied(app: Flask, tickets: int) -> list[str]:
    """Print copies of the tickets the way the bench does, and list what a recount finds wrong with
    them.
    """
    dsn = (
        sa.make_url(app.config["DATABASE_OWNER_URL"])
        .set(drivername="postgresql")
        .render_as_string(hide_password=False)
    )
    with psycopg.connect(dsn, autocommit=True, options="-c timezone=UTC") as owner:
        loading.fill(owner, tickets=tickets, today=NOW.date())
    assert number(Ticket) == tickets
    return [f"{finding.what}: {finding.detail}" for finding in prove(now=NOW) if not finding.holds]


def test_the_same_seed_makes_the_same_zone_and_its_copies_count_true(
    zone: dict[str, str], server: TestServer, template: str, tmp_path: Path
) -> None:
    # In a context of its own: one application is in context here.
    database, app = Context().run(seeded, server, template, tmp_path, "again")
    with app.app_context():
        assert digests() == zone
        db.session.rollback()
        assert multiplied(app, 3_600) == []
        db.session.remove()
        db.engine.dispose()
    server.drop(database)
    assert len(zone) >= 25
    assert {"ticket", "usage_entry", "notification", "enterprise"} <= set(zone)


def test_it_has_the_promised_size(zone: dict[str, str]) -> None:
    assert (
        number(Station),
        number(Park),
        number(Institution),
        number(Member),
        number(Enterprise),
    ) == (9, 6, 78, 110, 1_900)
    assert number(Enterprise, sa.func.substr(Enterprise.uscc, 3, 6) != "440699") == 0, (
        "no code can be a real company's"
    )
    assert 2_550 <= number(Ticket) <= 2_660
    assert 6_300 <= number(ServiceEvent, ServiceEvent.countable) <= 6_700
    assert number(Ticket, ~Ticket.demo) == 0 and number(Person, Person.demo) == 9


def test_every_state_and_colour_is_there_today(zone: dict[str, str]) -> None:
    states = dict(
        db.session.execute(sa.select(Ticket.status, sa.func.count()).group_by(Ticket.status)).all()
    )
    assert set(states) == set(Status)
    is_open = Ticket.status.in_(
        ("submitted", "returned", "accepted", "dispatched", "in_progress", "on_hold", "answered")
    )
    assert {
        light for (light,) in db.session.execute(sa.select(Ticket.light).where(is_open).distinct())
    } == {0, 1, 2}
    assert db.session.scalar(sa.select(sa.func.max(Ticket.supervision_level))) == 3
    assert number(Ticket, Ticket.waiting_reason.is_not(None)) > 0
    year: dict[str, int] = dict(
        db.session.execute(
            sa.select(sa.func.to_char(Ticket.filed_at, "YYYY-MM"), sa.func.count()).group_by(
                sa.text("1")
            )
        ).all()
    )
    assert len(year) in {12, 13} and all(
        count > 50 for month, count in year.items() if month != min(year)
    )


def test_tickets_show_of_their_promises_what_the_one_writer_would(zone: dict[str, str]) -> None:
    running = db.session.scalars(
        sa.select(Ticket).where(
            Ticket.id.in_(sa.select(Clock.ticket_id).where(Clock.stopped_at.is_(None)))
        )
    ).all()
    assert len(running) > 100
    with db.session.no_autoflush:
        for ticket in running:
            project_clocks(ticket)
    differing = [ticket.reference for ticket in running if db.session.is_modified(ticket)]
    db.session.rollback()
    assert differing == []


def test_promises_ended_as_the_one_writer_ends_them(zone: dict[str, str]) -> None:
    otherwise = sa.text("""
        SELECT count(*) FROM clock WHERE outcome IN ('met', 'late') AND outcome <>
            CASE WHEN coalesce(paused_at, stopped_at) > coalesce(due_at, due_when_paused_at)
                THEN 'late' ELSE 'met' END
    """)
    assert db.session.scalar(otherwise) == 0


def test_running_promises_climb_as_the_one_writer_lets_them(zone: dict[str, str]) -> None:
    present, wrong = published(), []
    running = sa.select(Clock).where(Clock.stopped_at.is_(None), Clock.due_at.is_not(None))
    for clock in db.session.scalars(running):
        assert clock.due_at is not None
        limit = Limit(clock.limit_amount, clock.limit_unit)
        start = counted_from(clock.started_at, limit, clock.due_at, present.calendar)
        ladder = ladder_of(clock.ladder_version)
        rung = next_rung(clock.kind, start, clock.due_at, clock.last_rung, present.calendar, ladder)
        if rung != (clock.next_rung and (clock.next_rung, clock.next_alarm_at)):
            wrong.append((clock.id, rung, clock.next_rung, clock.next_alarm_at))
    assert wrong == []


def test_the_planted_anomalies_are_there(zone: dict[str, str]) -> None:
    reasons = dict(
        db.session.execute(
            sa.select(ServiceEvent.not_countable_reason, sa.func.count())
            .where(~ServiceEvent.countable)
            .group_by(ServiceEvent.not_countable_reason)
        ).all()
    )
    usual = {"same_controller", "too_late", "no_evidence", "same_day"}
    assert usual <= set(reasons) <= set(NotCountable), reasons
    twice = (
        sa.select(Ticket.enterprise_id)
        .group_by(Ticket.enterprise_id, Ticket.service_code, Ticket.title)
        .having(sa.func.count() > 1)
    )
    assert len(db.session.scalars(twice).all()) >= 15, "requests filed twice"
    assert number(Ticket, Ticket.bounces >= 2) >= 10 and number(Ticket, Ticket.redos > 0) >= 20
    late = sa.text("SELECT count(*) FROM clock WHERE kind = 'resolve' AND outcome = 'late'")
    assert (db.session.scalar(late) or 0) >= 40
    back_dated = sa.text(
        "SELECT count(*) FROM service_event WHERE recorded_at - started_at > interval '31 days'"
    )
    assert (db.session.scalar(back_dated) or 0) >= 10
    assert number(UsageEntry, UsageEntry.quantity == -1) == 3, "lines the manager has taken back"


def test_enterprises_that_are_not_content_were_called_or_wait_for_it(zone: dict[str, str]) -> None:
    assert number(Ticket, Ticket.call_back_due_at.is_not(None)) >= 3
    assert number(TimelineEntry, TimelineEntry.kind == "call_back") >= 20
    assert number(TimelineEntry, TimelineEntry.kind == "verdict") >= 5, "minds that were changed"


def test_later_days_were_asked_for_and_decided_on(zone: dict[str, str]) -> None:
    assert number(Ticket, Ticket.extension_due_at.is_not(None)) >= 2
    for kind, least in (("grant_extension", 20), ("refuse_extension", 5)):
        assert number(TimelineEntry, TimelineEntry.kind == kind) >= least, kind
    assert number(Clock, Clock.first_due_at.is_not(None), Clock.outcome == "met") >= 10


def test_people_talk_about_the_service_they_asked_for(zone: dict[str, str]) -> None:
    assert number(Message) > 3_000 and number(Message, Message.audience == "internal") > 100
    wordy = sa.text(
        "SELECT t.category_code, count(DISTINCT m.body) FROM message AS m JOIN ticket AS t ON t.id"
        " = m.ticket_id WHERE m.author_role NOT LIKE 'enterprise%' GROUP BY 1"
    )
    assert all(words >= 4 for _, words in db.session.execute(wordy).all())


def test_its_counts_are_true(zone: dict[str, str]) -> None:
    assert [
        f"{finding.what}: {finding.detail}" for finding in prove(now=NOW) if not finding.holds
    ] == []


def test_one_person_acts_for_two_organisations_and_some_institutions_are_excluded(
    zone: dict[str, str],
) -> None:
    memberships = db.session.execute(
        sa.select(Membership.role, Membership.enterprise_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Person.email == "enterprise_owner@demo.example")
        .order_by(Membership.id)
    ).all()
    assert [membership.role for membership in memberships] == [
        "enterprise_owner",
        "enterprise_staff",
    ] and memberships[0].enterprise_id != memberships[1].enterprise_id
    assert number(EnterpriseExclusion) > 5 and number(InterestConflict) > 5 and number(Absence) > 5
    assert number(Member, Member.calendar_id.is_not(None)) == 2
    assert number(Member, Member.email == "") == 0


@pytest.mark.parametrize("name", list(KINDS))
def test_the_directory_goes_out_and_comes_in_unchanged(zone: dict[str, str], name: str) -> None:
    kind = KINDS[name]
    with current_app.test_request_context():
        result = take(kind, read_file("all.csv", export(kind, "csv")), apply=False)
    assert (result.new, result.changed, result.errors) == (0, 0, []) and result.unchanged == number(
        kind.model
    )


def test_its_finance_centre_has_the_sums_of_the_report(zone: dict[str, str]) -> None:
    demo_finance.check(NOW.date())

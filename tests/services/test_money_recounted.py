"""Every sum of money equals an independent recount of the exported lines, for any day, any day of
knowing and any part.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from service_portal.counting.queries import prove
from service_portal.kernel.db import db
from service_portal.money.firms import bands_of, days_of, firms_by, firms_of, refusals_of
from service_portal.money.rules import Sums
from service_portal.money.slices import CUTS, Slice
from service_portal.money.sums import MEASURES, changes_by_month, sums_by, sums_of
from tests.factories.filled import filled
from tests.factories.finance import FIRST, LAST, create_finance
from tests.server import TestServer
from tests.services import money_recount
from tests.services.correcting import connect, later

pytestmark = pytest.mark.xdist_group("money")

DAYS = st.dates(FIRST - timedelta(days=40), LAST + timedelta(days=400))
FIVE = ("applied", "lines", "drawn", "outstanding", "unused")
LINES = """
    SELECT e.*, f.uscc FROM money_entry AS e JOIN enterprise AS f ON f.id = e.enterprise_id
    ORDER BY e.seq
"""


@pytest.fixture(scope="module")
def app(
    server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """Two years of money."""
    home = tmp_path_factory.mktemp("home")
    with filled(server, template, home, "money", create_finance) as made:
        yield made


@pytest.fixture(scope="module")
def lines(app: Flask) -> list[dict[str, Any]]:
    """All lines, as a file would have them."""
    with app.app_context():
        return [dict(row._mapping) for row in db.session.execute(sa.text(LINES))]


@pytest.fixture(autouse=True)
def _inside(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield
        db.session.rollback()


def narrowed(lines: list[dict[str, Any]], cuts: dict[str, Any]) -> list[dict[str, Any]]:
    """Keep the lines of a part."""
    return [one for one in lines if all(one[name] == value for name, value in cuts.items())]


def parts(lines: list[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Give parts of what there is: all of it, one bank, one product in one park and so on."""
    names = (*CUTS.values(), "enterprise_id")
    row = st.sampled_from(lines)
    some = st.sets(st.sampled_from(names), max_size=2)
    return st.builds(lambda one, chosen: {name: one[name] for name in chosen}, row, some)


def test_the_history_has_everything_in_it(lines: list[dict[str, Any]]) -> None:
    kinds = {one["kind"] for one in lines}
    assert len(kinds) >= 9 and {"expired", "cancelled", "changed", "overdue"} <= kinds
    assert len(lines) > 250
    assert sum(one["reverses"] is not None for one in lines) > 5
    assert sum(one["booked_on"] > one["day"] for one in lines) > 50


@settings(max_examples=150, deadline=None)
@given(data=st.data(), day=DAYS, known=st.none() | DAYS)
def test_every_sum_equals_the_recount(
    lines: list[dict[str, Any]], data: st.DataObject, day: date, known: date | None
) -> None:
    cuts = data.draw(parts(lines))
    part = Slice(day, known, **cuts)
    of, by = narrowed(lines, cuts), known or date.max
    sums = sums_of(part)
    assert {name: getattr(sums, name) for name in FIVE} == money_recount.five(of, day, by)
    found = firms_of(part)
    assert (found.with_line, found.drew, found.first_time) == money_recount.firms(of, day, by)
    assert {
        name: (one.of, one.median, one.p90) for name, one in days_of(part).items()
    } == money_recount.days(of, day, by)
    assert refusals_of(part) == money_recount.refusals(of, day, by)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), day=DAYS, known=st.none() | DAYS)
def test_parts_add_up_to_the_whole(
    lines: list[dict[str, Any]], data: st.DataObject, day: date, known: date | None
) -> None:
    part = Slice(day, known, **data.draw(parts(lines)))
    whole = sums_of(part)
    for by, column in CUTS.items():
        rows = sums_by(part, by)
        for name in MEASURES:
            assert sum(getattr(one, name) for one in rows.values()) == getattr(whole, name)
        for key, one in rows.items():
            if part.cuts.get(column, key) == key:
                cuts = {**part.cuts, column: key}
                assert sums_of(Slice(day, known, **cuts)) == one
        assert sum(one.with_line for one in firms_by(part, by).values()) >= firms_of(part).with_line


@settings(max_examples=40, deadline=None)
@given(day=DAYS, known=st.none() | DAYS, back=st.integers(0, 30))
def test_months_lead_from_one_day_to_the_other(
    lines: list[dict[str, Any]], day: date, known: date | None, back: int
) -> None:
    first = (day.replace(day=1) - timedelta(days=30 * back)).replace(day=1)
    before = sums_of(Slice(first - timedelta(days=1), known))
    changes = changes_by_month(Slice(day, known), first)
    after = sums_of(Slice(day, known))
    for name in MEASURES:
        moved = sum(getattr(one, name) for one in changes.values())
        assert getattr(before, name) + moved == getattr(after, name)


def test_what_was_known_stays_as_it_was(lines: list[dict[str, Any]]) -> None:
    middle = FIRST + (LAST - FIRST) / 2
    assert sums_of(Slice(middle, middle)) != sums_of(Slice(middle)) != Sums()


def test_answers_by_points_are_all_answers(lines: list[dict[str, Any]]) -> None:
    part = Slice(LAST)
    sums = sums_of(part)
    assert sum(answered for answered, _ in bands_of(part).values()) == (
        sums.approvals + sums.refusals
    )


def test_the_recount_of_the_product_holds() -> None:
    assert [one for one in prove(now=later()) if not one.holds] == []


CHANGED = {
    "an amount": (
        "UPDATE money_entry SET amount = amount {} 1 WHERE seq = 9",
        {"money_chain", "money_happened"},
    ),
    "a day": (
        "UPDATE money_entry SET day = day {} -1 WHERE seq = 9",
        {"money_chain", "money_happened"},
    ),
    "who it is about": (
        "UPDATE money_entry SET booked_on = booked_on {} 1 WHERE seq = 9",
        {"money_chain", "money_happened"},
    ),
    "sums of days": (
        "UPDATE money_sum SET drawn = drawn {} 1 WHERE span = 'day'",
        {"money_happened", "money_spans"},
    ),
    "sums of years": (
        "UPDATE money_sum SET used = used {} 1 WHERE span = 'year'",
        {"money_spans"},
    ),
    "sums by park": (
        "UPDATE money_sum SET lines = lines {} 1 WHERE cut = 'park'",
        {"money_cuts"},
    ),
    "the end of a line": (
        "UPDATE credit_line SET ends_on = ends_on {} 1 WHERE amount > 0",
        {"money_lines", "money_lasting"},
    ),
    "a request": (
        "UPDATE credit_application SET amount = amount {} 1 WHERE amount > 0",
        {"money_requests"},
    ),
}


@pytest.mark.parametrize("what", CHANGED)
def test_tampering_is_found(app: Flask, what: str) -> None:
    act, findings = CHANGED[what]
    with connect(app, "DATABASE_OWNER_URL") as connection:
        connection.execute("ALTER TABLE money_entry DISABLE TRIGGER USER")
        connection.execute(act.format("+").encode())
        connection.commit()
        try:
            found = {one.code for one in prove(now=later()) if not one.holds}
        finally:
            db.session.rollback()
            connection.execute(act.format("-").encode())
            connection.execute("ALTER TABLE money_entry ENABLE TRIGGER USER")
    assert findings <= found


def test_nobody_writes_money_past_its_function(app: Flask) -> None:
    for table in ("money_entry", "money_head", "money_sum", "credit_line", "credit_application"):
        for act in ("DELETE FROM {0}", "INSERT INTO {0} SELECT * FROM {0}", "TRUNCATE {0}"):
            with (
                connect(app, "DATABASE_URL") as connection,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                connection.execute(act.format(table).encode())
    with (
        connect(app, "DATABASE_OWNER_URL") as connection,
        pytest.raises(psycopg.errors.RestrictViolation),
    ):
        connection.execute("UPDATE money_entry SET amount = amount + 1")

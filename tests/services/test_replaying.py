"""A recorded log played through the journey: parties and moments come from it, and every check of
the report holds.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.kernel.db import db
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.replaying.logs import read_log
from service_portal.replaying.parties import make_parties
from service_portal.replaying.spending import MOST_RATIO
from service_portal.replaying.staffing import posts
from tests.conftest import DATA
from tests.services.logs import SHANGHAI, log_of, row_of


def _played(app: Flask, *arguments: str) -> dict[str, Any]:
    result = app.test_cli_runner().invoke(args=["portal", "replay", *arguments])
    assert result.exit_code == 0, result.output
    saved = next((Path(app.config["PORTAL_HOME"]) / "reports").glob("replay-*.json"))
    report: dict[str, Any] = json.loads(saved.read_text())
    assert all(check["holds"] for check in report["checks"])
    return report


def test_a_small_log_is_filed_routed_assigned_answered_and_counted(
    fresh_app: Flask, tmp_path: Path
) -> None:
    rows = [row_of(n) for n in range(40)] + [
        row_of(41, resolved_at="", closed_at="2016-03-20 10:00:00"),
        row_of(42, resolved_at="", closed_at="", accepted_at=""),
    ]
    report = _played(fresh_app, str(log_of(tmp_path / "log.csv", rows)), "--format", "uci")
    numbers = report["numbers"]
    assert numbers | {"answered_by_pool": 0} == {
        "filed": 42,
        "stored": 42,
        "routed": 42,
        "assigned": 42,
        "answered": 40,
        "answered_by_pool": 0,
        "closed": 40,
        "withdrawn": 1,
        "redone": 0,
    }
    acts = {act["kind"]: act["times"] for act in report["acts"]}
    assert (acts["file"], acts["route"], acts["assign"], acts["answer"]) == (42, 42, 42, 40)
    assert report["ratio"] <= MOST_RATIO, "beside its acts a replay costs little"
    with fresh_app.app_context():
        first, last = db.session.execute(
            sa.text("SELECT min(filed_at), max(filed_at) FROM ticket")
        ).one()
        assert (first, last) == (
            datetime(2016, 3, 1, 1, 0, tzinfo=UTC),
            datetime(2016, 3, 4, 1, 39, tzinfo=UTC),
        ), "tickets are filed at their recorded moments"
        months = db.session.scalars(
            sa.text("SELECT DISTINCT month FROM usage_entry WHERE measure = 'event'")
        ).all()
        assert [f"{month:%Y-%m}" for month in months] == ["2016-03"], (
            "what was delivered counts in the log's month"
        )


def test_what_the_log_reopened_is_answered_again_and_counted_by_its_days(
    fresh_app: Flask, tmp_path: Path
) -> None:
    """The first is reopened twice over five days, the second once within a day, the third never."""
    begun = {
        "filed_at": "2016-03-01 09:00:00",
        "accepted_at": "2016-03-01 10:00:00",
        "reassignments": "0",
    }
    times = [
        ("2", "2016-03-04 15:00:00"),
        ("1", "2016-03-01 16:00:00"),
        ("0", "2016-03-01 16:00:00"),
    ]
    rows = [
        {
            **row_of(n),
            **begun,
            "resolved_at": resolved,
            "closed_at": "2016-03-10 10:00:00",
            "reopens": reopens,
        }
        for n, (reopens, resolved) in enumerate(times)
    ]
    report = _played(
        fresh_app, str(log_of(tmp_path / "log.csv", rows, more=("reopens",))), "--format", "uci"
    )
    numbers = report["numbers"]
    assert (numbers["answered"], numbers["redone"], numbers["closed"]) == (3, 3, 3)
    with fresh_app.app_context():
        answers = (
            "SELECT count(*) FROM timeline_entry WHERE kind = 'answer' GROUP BY ticket_id ORDER"
            " BY 1"
        )
        assert db.session.scalars(sa.text(answers)).all() == [1, 2, 3]
        counted = (
            "SELECT sum(quantity) FROM usage_entry WHERE measure = 'event' GROUP BY ticket_id ORDER"
            " BY 1"
        )
        assert db.session.scalars(sa.text(counted)).all() == [1, 1, 3], "of a day one event counts"


def test_a_log_without_staff_gets_as_many_as_its_volume_needs(
    fresh_app: Flask, tmp_path: Path
) -> None:
    """Two thousand cases that stay open at once would not find room with the least number of
    people.
    """
    rows = [
        row_of(
            n,
            last_member="",
            resolved_by="",
            filed_at=f"2016-03-01 {9 + n % 8:02d}:{n // 8 % 60:02d}:00",
            accepted_at="",
            resolved_at="",
            closed_at="",
        )
        for n in range(2000)
    ]
    log = read_log(log_of(tmp_path / "log.csv", rows), "uci", zone=SHANGHAI)
    with fresh_app.app_context(), unit_of_work():
        parties = make_parties(log, now=log[0].filed_at)
    with fresh_app.app_context():
        room = db.session.scalar(sa.text("SELECT sum(capacity_points) FROM member"))
        least = min(
            parties.services[case.category, case.kind].definition.effort_points for case in log
        )
        assert room >= 1.5 * least * len(log)


def test_the_people_a_log_names_are_enough_where_they_are_enough() -> None:
    named, small = [f"person {n}" for n in range(40)], Counter(dict.fromkeys(range(9), 50))
    assert posts(named, small)[0] == named
    assert len(posts([], small)[0]) == 27, "three in each station at least"
    assert Counter(posts(named, Counter({**small, 4: 4000}))[1])[4] == 70


def test_a_zone_with_tickets_is_left_alone(fresh_app: Flask, tmp_path: Path) -> None:
    log = log_of(tmp_path / "log.csv", [row_of(n) for n in range(3)])
    _played(fresh_app, str(log), "--format", "uci")
    again = fresh_app.test_cli_runner().invoke(
        args=["portal", "replay", str(log), "--format", "uci"]
    )
    assert again.exit_code == 1
    assert "There are tickets already" in again.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "form", "limit"),
    [("uci_cases_dev.csv.gz", "uci", 60), ("boston311_2011Q3_dev.csv.gz", "boston", 60)],
)
def test_the_head_of_a_real_log(fresh_app: Flask, name: str, form: str, limit: int) -> None:
    if not (DATA / name).exists():
        pytest.skip(f"{name} is not here")
    report = _played(fresh_app, str(DATA / name), "--format", form, "--limit", str(limit))
    assert report["numbers"]["assigned"] == limit

"""A recorded log played through the journey: parties and moments come from it, and every check of the report holds."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.kernel.db import db
from service_portal.replaying.logs import Unreadable, read_log
from tests.conftest import DATA

SHANGHAI = ZoneInfo("Asia/Shanghai")
COLUMNS = (
    "ticket", "enterprise_caller", "channel", "filed_at", "accepted_at", "resolved_at", "closed_at", "first_institution_group", "last_member",
    "resolved_by", "reassignments", "filed_category", "filed_subcategory", "filed_priority", "filed_location", "final_location", "final_category",
)  # fmt: skip


def _row(n: int, **given: str) -> dict[str, str]:
    at = f"2016-03-0{1 + n % 4} 09:{n % 60:02d}:00"
    row = {
        "ticket": f"INC{n:05d}", "enterprise_caller": str(n % 5), "channel": "Phone" if n % 2 else "Email", "filed_at": at, "accepted_at": at.replace(" 09", " 10"),
        "resolved_at": at.replace(" 09", " 15"), "closed_at": at.replace("-03-", "-04-"), "first_institution_group": str(n % 7), "last_member": str(n % 11), "resolved_by": str(n % 6),
        "reassignments": str(n % 4), "filed_category": str(n % 9), "filed_subcategory": str(n % 13), "filed_priority": "3", "filed_location": str(n % 8), "final_location": "999", "final_category": "999",
    }  # fmt: skip
    return row | given


def _log(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as target:
        writer = csv.DictWriter(target, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_local_times_become_moments_and_clocks_that_run_backwards_are_pulled_to_the_filing(tmp_path: Path) -> None:
    log = _log(tmp_path / "log.csv", [_row(1, filed_at="2016-03-02 09:00:00", accepted_at="2016-03-02 08:00:00", resolved_at="2016-03-02 12:30:00", closed_at="")])
    (case,) = read_log(log, "uci", zone=SHANGHAI)
    assert case.filed_at == datetime(2016, 3, 2, 1, 0, tzinfo=UTC)
    assert case.accepted_at == case.filed_at
    assert case.answered_at == datetime(2016, 3, 2, 4, 30, tzinfo=UTC)
    assert case.ended_at is None


def test_where_a_case_ended_up_is_never_read(tmp_path: Path) -> None:
    one = read_log(_log(tmp_path / "one.csv", [_row(1)]), "uci", zone=SHANGHAI)
    other = read_log(_log(tmp_path / "other.csv", [_row(1, final_location="1", final_category="2")]), "uci", zone=SHANGHAI)
    assert one == other


@pytest.mark.parametrize(
    ("change", "said"),
    [({"filed_at": "yesterday"}, "line 3"), ({"filed_at": ""}, "no filing time"), ({"ticket": "INC00001"}, "twice"), ({"reassignments": "many"}, "line 3")],
)
def test_a_line_that_makes_no_sense_is_named(tmp_path: Path, change: dict[str, str], said: str) -> None:
    log = _log(tmp_path / "log.csv", [_row(1), _row(2, **change)])
    with pytest.raises(Unreadable, match=said):
        read_log(log, "uci", zone=SHANGHAI)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "cut.gz").write_bytes(b"\x1f\x8b\x08\x00garbage")
    for name, said in (("other.csv", "no column"), ("empty.csv", "no case"), ("cut.gz", "can't be read")):
        with pytest.raises(Unreadable, match=said):
            read_log(tmp_path / name, "uci", zone=SHANGHAI)


def _played(app: Flask, *arguments: str) -> dict[str, object]:
    result = app.test_cli_runner().invoke(args=["portal", "replay", *arguments])
    assert result.exit_code == 0, result.output
    saved = next((Path(app.config["PORTAL_HOME"]) / "reports").glob("replay-*.json"))
    report: dict[str, object] = json.loads(saved.read_text())
    assert all(check["holds"] for check in report["checks"])  # type: ignore[attr-defined]
    return report


def test_a_small_log_is_filed_routed_assigned_answered_and_counted(fresh_app: Flask, tmp_path: Path) -> None:
    rows = [_row(n) for n in range(40)] + [_row(41, resolved_at="", closed_at="2016-03-20 10:00:00"), _row(42, resolved_at="", closed_at="", accepted_at="")]
    report = _played(fresh_app, str(_log(tmp_path / "log.csv", rows)), "--format", "uci")
    numbers = report["numbers"]
    assert numbers | {"answered_by_pool": 0} == {  # type: ignore[operator]
        "filed": 42, "stored": 42, "routed": 42, "assigned": 42, "answered": 40, "answered_by_pool": 0, "closed": 40, "withdrawn": 1,
    }  # fmt: skip
    with fresh_app.app_context():
        first, last = db.session.execute(sa.text("SELECT min(filed_at), max(filed_at) FROM ticket")).one()
        assert (first, last) == (datetime(2016, 3, 1, 1, 0, tzinfo=UTC), datetime(2016, 3, 4, 1, 39, tzinfo=UTC)), "tickets are filed at their recorded moments"
        months = db.session.scalars(sa.text("SELECT DISTINCT month FROM usage_entry WHERE measure = 'event'")).all()
        assert [f"{month:%Y-%m}" for month in months] == ["2016-03"], "what was delivered counts in the log's month"


def test_a_zone_with_tickets_is_left_alone(fresh_app: Flask, tmp_path: Path) -> None:
    log = _log(tmp_path / "log.csv", [_row(n) for n in range(3)])
    _played(fresh_app, str(log), "--format", "uci")
    again = fresh_app.test_cli_runner().invoke(args=["portal", "replay", str(log), "--format", "uci"])
    assert again.exit_code == 1
    assert "There are tickets already" in again.output


@pytest.mark.slow
@pytest.mark.parametrize(("name", "form", "limit"), [("uci_cases_dev.csv.gz", "uci", 60), ("boston311_2011Q3_dev.csv.gz", "boston", 60)])
def test_the_head_of_a_real_log(fresh_app: Flask, name: str, form: str, limit: int) -> None:
    if not (DATA / name).exists():
        pytest.skip(f"{name} is not here")
    report = _played(fresh_app, str(DATA / name), "--format", form, "--limit", str(limit))
    assert report["numbers"]["assigned"] == limit  # type: ignore[index]

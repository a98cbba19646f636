"""A recorded log played through the journey: parties and moments come from it, and every check of
the report holds.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.kernel.db import db
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.replaying.logs import Unreadable, read_log
from service_portal.replaying.parties import make_parties
from service_portal.replaying.spending import MOST_RATIO
from service_portal.replaying.staffing import posts
from tests.conftest import DATA

SHANGHAI = ZoneInfo("Asia/Shanghai")
COLUMNS = (
    "ticket",
    "enterprise_caller",
    "channel",
    "filed_at",
    "accepted_at",
    "resolved_at",
    "closed_at",
    "first_institution_group",
    "last_member",
    "resolved_by",
    "reassignments",
    "filed_category",
    "filed_subcategory",
    "filed_priority",
    "filed_location",
    "final_location",
    "final_category",
)


def _row(n: int, **given: str) -> dict[str, str]:
    at = f"2016-03-0{1 + n % 4} 09:{n % 60:02d}:00"
    row = {
        "ticket": f"INC{n:05d}",
        "enterprise_caller": str(n % 5),
        "channel": "Phone" if n % 2 else "Email",
        "filed_at": at,
        "accepted_at": at.replace(" 09", " 10"),
        "resolved_at": at.replace(" 09", " 15"),
        "closed_at": at.replace("-03-", "-04-"),
        "first_institution_group": str(n % 7),
        "last_member": str(n % 11),
        "resolved_by": str(n % 6),
        "reassignments": str(n % 4),
        "filed_category": str(n % 9),
        "filed_subcategory": str(n % 13),
        "filed_priority": "3",
        "filed_location": str(n % 8),
        "final_location": "999",
        "final_category": "999",
    }
    return row | given


def _log(path: Path, rows: list[dict[str, str]], *, more: tuple[str, ...] = ()) -> Path:
    with path.open("w", newline="") as target:
        writer = csv.DictWriter(target, (*COLUMNS, *more))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_local_times_become_moments_and_clocks_that_run_backwards_are_pulled_to_the_filing(
    tmp_path: Path,
) -> None:
    log = _log(
        tmp_path / "log.csv",
        [
            _row(
                1,
                filed_at="2016-03-02 09:00:00",
                accepted_at="2016-03-02 08:00:00",
                resolved_at="2016-03-02 12:30:00",
                closed_at="",
            )
        ],
    )
    (case,) = read_log(log, "uci", zone=SHANGHAI)
    assert case.filed_at == datetime(2016, 3, 2, 1, 0, tzinfo=UTC)
    assert case.accepted_at == case.filed_at
    assert case.answered_at == datetime(2016, 3, 2, 4, 30, tzinfo=UTC)
    assert case.ended_at is None


def test_where_a_case_ended_up_is_never_read(tmp_path: Path) -> None:
    one = read_log(_log(tmp_path / "one.csv", [_row(1)]), "uci", zone=SHANGHAI)
    other = read_log(
        _log(tmp_path / "other.csv", [_row(1, final_location="1", final_category="2")]),
        "uci",
        zone=SHANGHAI,
    )
    assert one == other


def _text(rows: list[dict[str, str]]) -> bytes:
    return "\r\n".join([",".join(COLUMNS), *(",".join(row.values()) for row in rows), ""]).encode()


TWO = _text([_row(1), _row(2)])
# A file that can't be played, and what the one sentence about it says.
BAD: dict[str, tuple[bytes, str]] = {
    "no moment": (
        _text([_row(1), _row(2, filed_at="yesterday")]),
        "line 3: “yesterday” is no moment",
    ),
    "no filing time": (_text([_row(1), _row(2, filed_at="")]), "line 3: it has no filing time"),
    "twice": (_text([_row(1), _row(1)]), "line 3: INC00001 is there twice"),
    "no number": (_text([_row(1, ticket="")]), "line 2: the case has no number"),
    "many": (_text([_row(1, reassignments="many")]), "“many” does not say how often"),
    "negative": (_text([_row(1, reassignments="-3")]), "“-3” does not say how often"),
    "year 1": (_text([_row(1, resolved_at="0001-01-01 00:00:00")]), "line 2: the year of"),
    "year 9999": (_text([_row(1, closed_at="9999-12-31 23:59:59")]), "line 2: the year of"),
    "cut after a column": (TWO[: TWO.rindex(b"2016")], "line 3: it has 7 of 17 columns"),
    "one column more": (TWO.rstrip() + b",x,y\r\n", "line 3: it has more columns"),
    "a NUL byte": (TWO.replace(b"INC00002", b"INC\x0002"), "line 3: there is a NUL byte"),
    "another encoding": (TWO.replace(b"Phone", "Téléphone".encode("latin-1")), "no text in UTF-8"),
    "two bytes a letter": (TWO.decode().encode("utf-16"), "no text in UTF-8"),
    "another table": (b"a,b\n1,2\n", "no column 'accepted_at'"),
    "semicolons": (TWO.replace(b",", b";"), "no column 'accepted_at'"),
    "the columns alone": (_text([]), "holds no case"),
    "empty": (b"", "holds no case"),
    "half a gzip": (gzip.compress(TWO)[:-12], "is cut off"),
    "a broken gzip": (b"\x1f\x8b\x08\x00" + bytes(30), "can't be read|is cut off|holds no case"),
    "an archive": (b"PK\x03\x04" + bytes(40), "NUL byte"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_can_not_be_played_gets_one_sentence(tmp_path: Path, name: str) -> None:
    content, said = BAD[name]
    (tmp_path / "log.csv").write_bytes(content)
    with pytest.raises(Unreadable, match=said) as refused:
        read_log(tmp_path / "log.csv", "uci", zone=SHANGHAI)
    sentence = str(refused.value)
    assert "\n" not in sentence and sentence.endswith(".") and "log.csv" in sentence


def test_a_folder_and_a_wrong_path_are_named(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="is a folder"):
        read_log(tmp_path, "uci", zone=SHANGHAI)
    with pytest.raises(Unreadable, match=r"There is no file .*missing.csv"):
        read_log(tmp_path / "missing.csv", "uci", zone=SHANGHAI)


def test_a_wrong_format_is_told_which_one_fits(tmp_path: Path) -> None:
    log = _log(tmp_path / "log.csv", [_row(1)])
    with pytest.raises(Unreadable, match=r"no log of the format boston. .*those of --format uci"):
        read_log(log, "boston", zone=SHANGHAI)


def test_a_packed_log_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "log.csv.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + TWO))
    assert len(read_log(tmp_path / "log.csv.gz", "uci", zone=SHANGHAI)) == 2


def test_an_offset_is_honoured(tmp_path: Path) -> None:
    log = _log(
        tmp_path / "log.csv",
        [
            _row(
                1,
                filed_at="2016-03-02 09:00:00+02:00",
                accepted_at="",
                resolved_at="",
                closed_at="2016-03-02T12:00:00Z",
            )
        ],
    )
    (case,) = read_log(log, "uci", zone=SHANGHAI)
    assert case.filed_at == datetime(2016, 3, 2, 7, 0, tzinfo=UTC)
    assert case.ended_at == datetime(2016, 3, 2, 12, 0, tzinfo=UTC)


def test_what_is_wrong_is_said_before_a_zone_is_looked_at(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_bytes(b"a,b\n1,2\n")
    for arguments, said in (
        ((str(tmp_path / "log.csv"), "--format", "uci"), "has no column"),
        ((str(tmp_path / "missing.csv"), "--format", "uci"), "There is no file"),
        ((str(tmp_path / "log.csv"), "--format", "csv"), "There is no format “csv”"),
    ):
        ran = app.test_cli_runner().invoke(args=["portal", "replay", *arguments])
        assert ran.exit_code == 1
        assert said in ran.output and ran.output.count("\n") == 1


def _played(app: Flask, *arguments: str) -> dict[str, object]:
    result = app.test_cli_runner().invoke(args=["portal", "replay", *arguments])
    assert result.exit_code == 0, result.output
    saved = next((Path(app.config["PORTAL_HOME"]) / "reports").glob("replay-*.json"))
    report: dict[str, object] = json.loads(saved.read_text())
    assert all(check["holds"] for check in report["checks"])  # type: ignore[attr-defined]
    return report


def test_a_small_log_is_filed_routed_assigned_answered_and_counted(
    fresh_app: Flask, tmp_path: Path
) -> None:
    rows = [_row(n) for n in range(40)] + [
        _row(41, resolved_at="", closed_at="2016-03-20 10:00:00"),
        _row(42, resolved_at="", closed_at="", accepted_at=""),
    ]
    report = _played(fresh_app, str(_log(tmp_path / "log.csv", rows)), "--format", "uci")
    numbers = report["numbers"]
    assert numbers | {"answered_by_pool": 0} == {  # type: ignore[operator]
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
    acts = {act["kind"]: act["times"] for act in report["acts"]}  # type: ignore[attr-defined]
    assert (acts["file"], acts["route"], acts["assign"], acts["answer"]) == (42, 42, 42, 40)
    assert report["ratio"] <= MOST_RATIO, "beside its acts a replay costs little"  # type: ignore[operator]
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
            **_row(n),
            **begun,
            "resolved_at": resolved,
            "closed_at": "2016-03-10 10:00:00",
            "reopens": reopens,
        }
        for n, (reopens, resolved) in enumerate(times)
    ]
    report = _played(
        fresh_app, str(_log(tmp_path / "log.csv", rows, more=("reopens",))), "--format", "uci"
    )
    numbers = report["numbers"]
    assert (numbers["answered"], numbers["redone"], numbers["closed"]) == (3, 3, 3)  # type: ignore[index]
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
        _row(
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
    log = read_log(_log(tmp_path / "log.csv", rows), "uci", zone=SHANGHAI)
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
    log = _log(tmp_path / "log.csv", [_row(n) for n in range(3)])
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
    assert report["numbers"]["assigned"] == limit  # type: ignore[index]

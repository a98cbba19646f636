"""A log is read as it was written, or refused in a sentence."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from service_portal.replaying.logs import Unreadable, read_log
from tests.services.logs import COLUMNS, SHANGHAI, log_of, row_of


def test_local_times_become_moments_and_clocks_that_run_backwards_are_pulled_to_the_filing(
    tmp_path: Path,
) -> None:
    log = log_of(
        tmp_path / "log.csv",
        [
            row_of(
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
    one = read_log(log_of(tmp_path / "one.csv", [row_of(1)]), "uci", zone=SHANGHAI)
    other = read_log(
        log_of(tmp_path / "other.csv", [row_of(1, final_location="1", final_category="2")]),
        "uci",
        zone=SHANGHAI,
    )
    assert one == other


def _text(rows: list[dict[str, str]]) -> bytes:
    return "\r\n".join([",".join(COLUMNS), *(",".join(row.values()) for row in rows), ""]).encode()


TWO = _text([row_of(1), row_of(2)])
# A file that can't be played, and what the one sentence about it says.
BAD: dict[str, tuple[bytes, str]] = {
    "no moment": (
        _text([row_of(1), row_of(2, filed_at="yesterday")]),
        "line 3: “yesterday” is no moment",
    ),
    "no filing time": (_text([row_of(1), row_of(2, filed_at="")]), "line 3: it has no filing time"),
    "twice": (_text([row_of(1), row_of(1)]), "line 3: INC00001 is there twice"),
    "no number": (_text([row_of(1, ticket="")]), "line 2: the case has no number"),
    "many": (_text([row_of(1, reassignments="many")]), "“many” does not say how often"),
    "negative": (_text([row_of(1, reassignments="-3")]), "“-3” does not say how often"),
    "year 1": (_text([row_of(1, resolved_at="0001-01-01 00:00:00")]), "line 2: the year of"),
    "year 9999": (_text([row_of(1, closed_at="9999-12-31 23:59:59")]), "line 2: the year of"),
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
    log = log_of(tmp_path / "log.csv", [row_of(1)])
    with pytest.raises(Unreadable, match=r"no log of the format boston. .*those of --format uci"):
        read_log(log, "boston", zone=SHANGHAI)


def test_a_packed_log_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "log.csv.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + TWO))
    assert len(read_log(tmp_path / "log.csv.gz", "uci", zone=SHANGHAI)) == 2


def test_an_offset_is_honoured(tmp_path: Path) -> None:
    log = log_of(
        tmp_path / "log.csv",
        [
            row_of(
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

"""Reads recorded logs of service requests.

Parties and times are taken from them; where a case ended up is never read, so that routing can't
know it.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path

# Calendars know these years; what lies outside is a slip of the log.
FIRST_YEAR, LAST_YEAR = 1970, 2099


class Unreadable(ValueError):
    """The file is not a log of this format; the message says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class Case:
    """One recorded request. Moments are aware; a moment the log does not have is None.

    `asker`, `groups` and `staff` name parties. `place`, `category` and `kind` are what was known
    when it was filed. `passed_on` says how often it changed hands, `reopened` how often the asker
    did not take the result. `moved` says that a moment before its forerunner was pulled up to it.
    """

    key: str
    asker: str
    place: str
    category: str
    kind: str
    words: str
    urgent: bool
    channel: str
    filed_at: datetime
    accepted_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    passed_on: int = 0
    groups: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    reopened: int = 0
    moved: bool = False


Row = Mapping[str, str]
Read = Callable[[Row, tzinfo], Case]


def _moment(text: str, zone: tzinfo) -> datetime | None:
    """Read a moment: with an offset as it says, without one as local time of the zone."""
    if not text:
        return None
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{text}” is no moment such as 2016-02-29 09:30:00") from None
    if not FIRST_YEAR <= said.year <= LAST_YEAR:
        raise ValueError(f"the year of {text} is not between {FIRST_YEAR} and {LAST_YEAR}")
    return (said if said.tzinfo else said.replace(tzinfo=zone)).astimezone(UTC)


def _filed(text: str, zone: tzinfo) -> datetime:
    moment = _moment(text, zone)
    if moment is None:
        raise ValueError("it has no filing time")
    return moment


def _times(text: str | None, what: str) -> int:
    if not text:
        return 0
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"“{text}” does not say how often it {what}")
    return int(text)


def _named(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name and name != "?"))


def _uci(row: Row, zone: tzinfo) -> Case:
    return Case(
        key=row["ticket"],
        asker=row["enterprise_caller"],
        place=row["filed_location"],
        category=row["filed_category"],
        kind=row["filed_subcategory"],
        words=(
            f"Category {row['filed_category']}, kind {row['filed_subcategory']}, at site"
            f" {row['filed_location']}"
        ),
        urgent=row["filed_priority"] in {"1", "2"},
        channel="phone" if row["channel"] == "Phone" else "web",
        filed_at=_filed(row["filed_at"], zone),
        accepted_at=_moment(row["accepted_at"], zone),
        answered_at=_moment(row["resolved_at"], zone),
        ended_at=_moment(row["closed_at"], zone),
        passed_on=_times(row["reassignments"], "was passed on"),
        groups=_named(row["first_institution_group"]),
        staff=_named(row["last_member"], row["resolved_by"]),
        reopened=_times(row.get("reopens"), "was reopened"),
    )


def _boston(row: Row, zone: tzinfo) -> Case:
    source = {
        "Self Service": "web",
        "Citizens Connect App": "web",
        "Employee Generated": "desk",
    }.get(row["source"], "phone")
    return Case(
        key=row["case_enquiry_id"],
        asker=f"{row['neighborhood'] or 'City'} {row['ward']}".strip(),
        place=row["neighborhood"] or "City",
        category=row["subject"],
        kind=row["type"],
        words=row["case_title"] or row["type"],
        urgent=False,
        channel=source,
        filed_at=_filed(row["open_dt"], zone),
        accepted_at=None,
        answered_at=_moment(row["closed_dt"], zone),
        ended_at=None,
        groups=_named(row["department"]),
        staff=(),
    )


@dataclass(frozen=True, slots=True)
class Format:
    """What a log's columns mean: those it must have, and how a row becomes a case."""

    columns: frozenset[str]
    read: Read


FORMATS: dict[str, Format] = {
    "uci": Format(
        frozenset(
            {
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
            }
        ),
        _uci,
    ),
    "boston": Format(
        frozenset(
            {
                "case_enquiry_id",
                "open_dt",
                "closed_dt",
                "case_title",
                "subject",
                "type",
                "department",
                "neighborhood",
                "ward",
                "source",
            }
        ),
        _boston,
    ),
}


def read_log(path: Path, form: str, *, zone: tzinfo, limit: int | None = None) -> list[Case]:
    """Read a log, gzipped or not, and give the first `limit` cases by filing time.

    Times without an offset are taken in `zone`. Raises Unreadable, with a sentence that says what
    is wrong and where, for a file that is no such log, for a line that can't be understood, and for
    a case named twice.
    """
    if path.is_dir():
        raise Unreadable(f"{path.name} is a folder. Give the log's file.")
    if not path.exists():
        raise Unreadable(f"There is no file {path}.")
    cases: dict[str, Case] = {}
    try:
        for number, row in _rows(path, form):
            try:
                case = _sane(FORMATS[form].read(row, zone))
            except ValueError as error:
                raise Unreadable(f"{path.name}, line {number}: {error}.") from error
            if not case.key:
                raise Unreadable(f"{path.name}, line {number}: the case has no number.")
            if case.key in cases:
                raise Unreadable(f"{path.name}, line {number}: {case.key} is there twice.")
            cases[case.key] = case
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path.name} is no text in UTF-8. Save it as CSV in UTF-8.") from error
    except EOFError as error:
        raise Unreadable(f"{path.name} is cut off: its end is missing.") from error
    except (OSError, zlib.error, csv.Error) as error:
        raise Unreadable(f"{path.name} can't be read: {_why(error)}.") from error
    if not cases:
        raise Unreadable(f"{path.name} holds no case.")
    return sorted(cases.values(), key=lambda case: (case.filed_at, case.key))[:limit]


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _rows(path: Path, form: str) -> Iterator[tuple[int, Row]]:
    """Give the rows with the number of the line each ends on; every one has every column."""
    with path.open("rb") as raw:
        is_packed = raw.read(2) == b"\x1f\x8b"
    opened = gzip.open if is_packed else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(_without_nul(lines, path.name))
        _check_columns(reader.fieldnames or [], path.name, form)
        for row in reader:
            number = reader.line_num
            if None in row.values():
                found = sum(value is not None for value in row.values())
                wanted = len(reader.fieldnames or ())
                raise Unreadable(
                    f"{path.name}, line {number}: it has {found} of {wanted} columns,"
                    " as if the file were cut off there."
                )
            if None in row:
                raise Unreadable(
                    f"{path.name}, line {number}: it has more columns than the first line."
                )
            yield number, row


def _without_nul(lines: Iterator[str], name: str) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise Unreadable(f"{name}, line {number}: there is a NUL byte in it, so it is no text.")
        yield line


def _check_columns(found: Sequence[str], name: str, form: str) -> None:
    missing = sorted(FORMATS[form].columns - set(found))
    if not found or not missing:
        return
    other = [one for one, about in sorted(FORMATS.items()) if about.columns <= set(found)]
    hint = f" Its columns are those of --format {other[0]}." if other else ""
    raise Unreadable(
        f"{name} has no column {missing[0]!r}, so it is no log of the format {form}.{hint}"
    )


def _sane(case: Case) -> Case:
    """Pull each moment up to the one before it: clocks of recorded logs are not always right.

    Nothing is accepted or answered before it is asked, and nothing ended before it was answered.
    """

    def later(moment: datetime | None, than: datetime | None) -> datetime | None:
        return moment if moment is None or than is None else max(moment, than)

    accepted = later(case.accepted_at, case.filed_at)
    answered = later(case.answered_at, case.filed_at)
    ended = later(case.ended_at, answered or case.filed_at)
    pulled = replace(case, accepted_at=accepted, answered_at=answered, ended_at=ended)
    return pulled if pulled == case else replace(pulled, moved=True)

"""Reads recorded logs of service requests. Parties and times are taken from them; where a case ended up is never read, so that routing can't know it."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo


class Unreadable(ValueError):
    """The file is not a log of this format; the message says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class Case:
    """One recorded request. Moments are aware; a moment the log does not have is None.

    `asker`, `groups` and `staff` name parties. `place`, `category` and `kind` are what was known when it
    was filed. `passed_on` says how often it changed hands.
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


Row = Mapping[str, str]
Read = Callable[[Row, ZoneInfo], Case]


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC) if text else None


def _filed(text: str, zone: ZoneInfo) -> datetime:
    moment = _moment(text, zone)
    if moment is None:
        raise ValueError("it has no filing time")
    return moment


def _named(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name and name != "?"))


def _uci(row: Row, zone: ZoneInfo) -> Case:
    return Case(
        key=row["ticket"], asker=row["enterprise_caller"], place=row["filed_location"], category=row["filed_category"], kind=row["filed_subcategory"],
        words=f"Category {row['filed_category']}, kind {row['filed_subcategory']}, at site {row['filed_location']}", urgent=row["filed_priority"] in {"1", "2"},
        channel="phone" if row["channel"] == "Phone" else "web", filed_at=_filed(row["filed_at"], zone), accepted_at=_moment(row["accepted_at"], zone),
        answered_at=_moment(row["resolved_at"], zone), ended_at=_moment(row["closed_at"], zone), passed_on=int(row["reassignments"]),
        groups=_named(row["first_institution_group"]), staff=_named(row["last_member"], row["resolved_by"]),
    )  # fmt: skip


def _boston(row: Row, zone: ZoneInfo) -> Case:
    source = {"Self Service": "web", "Citizens Connect App": "web", "Employee Generated": "desk"}.get(row["source"], "phone")
    return Case(
        key=row["case_enquiry_id"], asker=f"{row['neighborhood'] or 'City'} {row['ward']}".strip(), place=row["neighborhood"] or "City", category=row["subject"], kind=row["type"],
        words=row["case_title"] or row["type"], urgent=False, channel=source, filed_at=_filed(row["open_dt"], zone), accepted_at=None,
        answered_at=_moment(row["closed_dt"], zone), ended_at=None, groups=_named(row["department"]), staff=(),
    )  # fmt: skip


FORMATS: dict[str, Read] = {"uci": _uci, "boston": _boston}


def read_log(path: Path, form: str, *, zone: ZoneInfo, limit: int | None = None) -> list[Case]:
    """Read a log, gzipped or not, and give the first `limit` cases by filing time; local times are taken in `zone`.

    Raises Unreadable for a file that is no such log, for a line that can't be understood, and for a case named twice.
    """
    read = FORMATS[form]
    cases: dict[str, Case] = {}
    try:
        for number, row in enumerate(_rows(path), start=2):
            try:
                case = _sane(read(row, zone))
            except KeyError as error:
                raise Unreadable(f"{path.name} has no column {error}, so it is no log of the format {form}.") from error
            except (ValueError, TypeError) as error:
                raise Unreadable(f"{path.name}, line {number}: {error}.") from error
            if case.key in cases:
                raise Unreadable(f"{path.name}, line {number}: {case.key} is there twice.")
            cases[case.key] = case
    except (OSError, EOFError, csv.Error, UnicodeDecodeError) as error:
        raise Unreadable(f"{path.name} can't be read: {error}.") from error
    if not cases:
        raise Unreadable(f"{path.name} holds no case.")
    return sorted(cases.values(), key=lambda case: (case.filed_at, case.key))[:limit]


def _rows(path: Path) -> Iterator[Row]:
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rt", encoding="utf-8", newline="") if packed else path.open(encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def _sane(case: Case) -> Case:
    """Pull moments before the filing up to it: clocks of recorded logs are not always right, and nothing is answered before it is asked."""

    def later(moment: datetime | None) -> datetime | None:
        return None if moment is None else max(moment, case.filed_at)

    return replace(case, accepted_at=later(case.accepted_at), answered_at=later(case.answered_at), ended_at=later(case.ended_at))

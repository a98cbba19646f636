"""Counts money again from nothing but its lines, in plain Python that shares no code with the
product: what an auditor would do with the exported file.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from math import ceil
from typing import Any

Line = dict[str, Any]


def happened(lines: Iterable[Line], day: date, known: date) -> list[Line]:
    """Keep what was booked by a day and happened by another."""
    return [one for one in lines if one["booked_on"] <= known and one["day"] <= day]


def total(lines: Iterable[Line], *kinds: str) -> int:
    """Add up the amounts of some kinds."""
    return sum(one["amount"] for one in lines if one["kind"] in kinds)


def standing(lines: list[Line], known: date) -> list[Line]:
    """Keep the lines that were not taken back by a day, and none that take back."""
    booked = [one for one in lines if one["booked_on"] <= known]
    gone = {one["reverses"] for one in booked}
    return [one for one in booked if one["reverses"] is None and one["seq"] not in gone]


def validity(lines: list[Line], known: date) -> dict[int, tuple[date, date]]:
    """Give for each credit line its first day and the last on which it is valid."""
    found: dict[int, tuple[date, date]] = {}
    for one in standing(lines, known):
        line = one["line_id"]
        if one["kind"] == "approved":
            found[line] = (one["day"], one["valid_until"])
        elif one["kind"] == "changed" and one["valid_until"]:
            found[line] = (found[line][0], one["valid_until"])
    for one in standing(lines, known):
        if one["kind"] == "cancelled":
            first, last = found[one["line_id"]]
            found[one["line_id"]] = (first, min(last, one["day"] - timedelta(days=1)))
    return found


def five(lines: list[Line], day: date, known: date) -> dict[str, int]:
    """Give the five sums."""
    seen = happened(lines, day, known)
    valid = {line for line, (first, last) in validity(lines, known).items() if first <= day <= last}
    granted = unused = 0
    for line in valid:
        of = [one for one in seen if one["line_id"] == line]
        amount = total(of, "approved", "changed")
        used = total(of, "drawn") - (total(of, "repaid") if of[0]["revolving"] else 0)
        granted, unused = granted + amount, unused + amount - used
    return {
        "applied": total(seen, "applied"),
        "lines": granted,
        "drawn": total(seen, "drawn"),
        "outstanding": total(seen, "drawn") - total(seen, "repaid"),
        "unused": unused,
    }


def firms(lines: list[Line], day: date, known: date) -> tuple[int, int, int]:
    """Count distinct codes: with a line, that drew, that drew a first loan."""
    valid = {line for line, (first, last) in validity(lines, known).items() if first <= day <= last}
    live = standing(lines, known)
    drew = [one for one in live if one["kind"] == "drawn" and one["day"] <= day]
    return (
        len({one["uscc"] for one in live if one["line_id"] in valid}),
        len({one["uscc"] for one in drew}),
        len({one["uscc"] for one in drew if one["first_time"]}),
    )


def days(
    lines: list[Line], day: date, known: date
) -> dict[str, tuple[int, int | None, int | None]]:
    """Give number, median and p90 of the days between request, answer and money."""
    asked: dict[int, dict[str, date]] = {}
    for one in standing(lines, known):
        of = asked.setdefault(one["application_id"], {})
        name = "answered" if one["kind"] in {"approved", "refused"} else str(one["kind"])
        of[name] = min(of.get(name, one["day"]), one["day"])
    spans: dict[str, list[int]] = {"to_answer": [], "to_money": [], "altogether": []}
    for of in asked.values():
        if of.get("answered", date.max) > day:
            continue
        spans["to_answer"].append((of["answered"] - of["applied"]).days)
        if of.get("drawn", date.max) <= day:
            spans["to_money"].append((of["drawn"] - of["answered"]).days)
            spans["altogether"].append((of["drawn"] - of["applied"]).days)
    return {name: (len(of), _rank(of, 50), _rank(of, 90)) for name, of in spans.items()}


def _rank(values: list[int], percent: int) -> int | None:
    return sorted(values)[ceil(len(values) * percent / 100) - 1] if values else None


def refusals(lines: list[Line], day: date, known: date) -> dict[str, int]:
    """Count refusals by reason."""
    found: dict[str, int] = {}
    for one in standing(lines, known):
        if one["kind"] == "refused" and one["day"] <= day:
            found[one["reason_code"]] = found.get(one["reason_code"], 0) + 1
    return found

"""What a replay has brought: the numbers, read from the database."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from service_portal.kernel.db import db
from service_portal.replaying.checking import Check, check
from service_portal.replaying.playing import Play
from service_portal.replaying.spending import MOST_RATIO, Spending

_NUMBERS = sa.text("""
    SELECT count(*) AS stored, count(station_id) AS routed, count(*)
        FILTER (WHERE EXISTS (SELECT 1 FROM assignment AS a WHERE a.ticket_id = t.id)) AS assigned,
        count(answered_at) AS answered, count(*) FILTER (WHERE institution_id IS NOT NULL
            AND answered_at IS NOT NULL) AS answered_by_pool,
        count(*) FILTER (WHERE status = 'closed') AS closed, count(*)
            FILTER (WHERE status = 'withdrawn') AS withdrawn
    FROM ticket AS t
""")
_LATE = sa.text(
    "SELECT kind, count(*) FILTER (WHERE outcome = 'met') AS met, count(*) FILTER (WHERE outcome ="
    " 'late') AS late FROM clock WHERE outcome IN ('met', 'late') GROUP BY kind ORDER BY kind"
)
_RUNGS = sa.text(
    "SELECT rung, count(*) AS n FROM alarm WHERE NOT skipped GROUP BY rung ORDER BY rung"
)
_OFFERS = sa.text("SELECT state, count(*) AS n FROM offer GROUP BY state ORDER BY state")
_STATIONS = sa.text("""
    SELECT s.code, s.name_en AS name, count(t.id) AS tickets, count(t.answered_at) AS answered,
        coalesce((SELECT sum(u.quantity) FROM usage_entry AS u
            WHERE u.station_id = s.id AND u.measure = 'event'), 0)::int AS events
    FROM station AS s LEFT JOIN ticket AS t ON t.station_id = s.id GROUP BY s.id ORDER BY s.code
""")
_INSTITUTIONS = sa.text("""
    SELECT i.code, i.name_en AS name, count(o.id) AS offers, count(o.id)
        FILTER (WHERE o.state = 'accepted') AS taken,
        coalesce((SELECT sum(u.quantity) FROM usage_entry AS u
            WHERE u.institution_id = i.id AND u.measure = 'event'), 0)::int AS events
    FROM institution AS i LEFT JOIN offer AS o ON o.institution_id = i.id GROUP BY i.id
    ORDER BY events DESC, i.code
""")


@dataclass(slots=True)
class Result:
    """Everything a replay reports; times to wait are minutes of the log's clock."""

    source: str
    begun_at: str
    seconds: float
    tickets_per_second: float
    numbers: dict[str, int]
    waited: dict[str, float]
    clocks: list[dict[str, Any]]
    reminded: dict[str, int]
    offers: dict[str, int]
    acts: list[dict[str, Any]]
    acts_seconds: float
    ratio: float
    stations: list[dict[str, Any]]
    institutions: list[dict[str, Any]]
    notes: list[str] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Say whether every check is true."""
        return all(check.holds for check in self.checks)


def read_result(play: Play, *, source: str, begun_at: str, seconds: float) -> Result:
    """Read what a finished replay has left in the database."""
    numbers = dict(db.session.execute(_NUMBERS).mappings().one())
    waits = sorted(wait.total_seconds() / 60 for wait in play.waited.values())
    waited = {
        "tickets": len(waits),
        "median_minutes": _at(waits, 0.5),
        "p90_minutes": _at(waits, 0.9),
        "longest_minutes": _at(waits, 1.0),
    }
    result = Result(
        source=source,
        begun_at=begun_at,
        seconds=round(seconds, 1),
        tickets_per_second=round(play.filed / seconds, 1) if seconds else 0.0,
        numbers={"filed": play.filed, **numbers, "redone": play.redone},
        waited=waited,
        clocks=_rows(_LATE),
        reminded=_pairs(_RUNGS),
        offers=_pairs(_OFFERS),
        acts=_acts(play.spending),
        acts_seconds=round(play.spending.acts, 2),
        ratio=play.spending.ratio,
        stations=_rows(_STATIONS),
        institutions=_rows(_INSTITUTIONS),
    )
    result.checks = check(play, numbers)
    db.session.rollback()
    return result


def _acts(spending: Spending) -> list[dict[str, Any]]:
    return [
        {
            "kind": kind,
            "times": spending.times[kind],
            "seconds": round(seconds, 2),
            "ms_each": round(1000 * seconds / spending.times[kind], 2),
        }
        for kind, seconds in sorted(spending.seconds.items(), key=lambda item: -item[1])
    ]


def _rows(query: sa.TextClause) -> list[dict[str, Any]]:
    return [dict(row) for row in db.session.execute(query).mappings()]


def _pairs(query: sa.TextClause) -> dict[str, int]:
    return {row[0]: row[1] for row in db.session.execute(query)}


def _at(ordered: list[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else 0.0


def save(result: Result, folder: Path) -> Path:
    """Write the report as JSON and give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = (
        folder
        / f"replay-{result.begun_at[:19].replace(':', '').replace('-', '').replace('T', '-')}.json"
    )
    path.write_text(
        json.dumps(
            asdict(result) | {"holds": result.holds}, ensure_ascii=False, indent=1, default=str
        ),
        encoding="utf-8",
    )
    return path


def in_words(result: Result, *, most: int = 10) -> str:
    """Give the report as text: numbers, clocks, reminders, stations, the busiest institutions, and
    every check.
    """
    n, w = result.numbers, result.waited
    lines = [
        (
            f"{result.source}: {n['filed']:,} tickets in {result.seconds:.1f} s,"
            f" {result.tickets_per_second:.0f} tickets/s"
        ),
        "",
        f"  filed     {n['filed']:>7,}",
        f"  routed    {n['routed']:>7,}",
        f"  assigned  {n['assigned']:>7,}",
        (
            f"  waited    {w['tickets']:>7,.0f}   found nobody free at once; median"
            f" {w['median_minutes']:,.0f} min, p90 {w['p90_minutes']:,.0f} min, longest"
            f" {w['longest_minutes']:,.0f} min"
        ),
        (
            f"  answered  {n['answered']:>7,}   {n['answered_by_pool']:,} by the pool,"
            f" {n['answered'] - n['answered_by_pool']:,} by the stations"
        ),
        (
            f"  closed    {n['closed']:>7,}   {n['withdrawn']:,} withdrawn,"
            f" {n['filed'] - n['closed'] - n['withdrawn']:,} open at the end of the log"
        ),
        (
            f"  reopened  {n['redone']:>7,}   the enterprise did not take the result, and it was"
            " done again"
        ),
        f"  reminded  {sum(result.reminded.values()):>7,}   "
        + ", ".join(f"{rung} {number:,}" for rung, number in result.reminded.items()),
        f"  late      {sum(row['late'] for row in result.clocks):>7,}   "
        + ", ".join(
            f"{row['kind']} {row['late']:,} of {row['late'] + row['met']:,}"
            for row in result.clocks
        ),
        "  offers            "
        + (", ".join(f"{state} {number:,}" for state, number in result.offers.items()) or "none"),
        "",
        "  station                              tickets  answered  counted",
        *(
            f"  {row['code']}  {row['name'][:29]:<29} {row['tickets']:>9,} {row['answered']:>9,}"
            f" {row['events']:>8,}"
            for row in result.stations
        ),
        "",
        "  institution                           offers     taken  counted",
        *(
            f"  {row['code']} {row['name'][:28]:<28} {row['offers']:>9,} {row['taken']:>9,}"
            f" {row['events']:>8,}"
            for row in result.institutions[:most]
        ),
    ]
    rest = result.institutions[most:]
    if rest:
        lines.append(
            f"  {len(rest)} others{'':<27} {sum(r['offers'] for r in rest):>9,}"
            f" {sum(r['taken'] for r in rest):>9,} {sum(r['events'] for r in rest):>8,}"
        )
    lines += ["", *(f"  Note: {note}" for note in result.notes)] if result.notes else []
    lines += ["", "  act                      times  seconds  ms each"]
    lines += [
        f"  {act['kind']:<20} {act['times']:>9,} {act['seconds']:>8.1f} {act['ms_each']:>8.2f}"
        for act in result.acts
    ]
    lines += [
        f"  All acts took {result.acts_seconds:.1f} s; the replay cost {result.ratio:.2f} times"
        f" that (at most {MOST_RATIO} is wanted)."
    ]
    lines += ["", "  checks"]
    lines += [
        f"  {'true ' if check.holds else 'FALSE'} "
        f" {check.what}{'' if check.holds or not check.detail else ': ' + check.detail}"
        for check in result.checks
    ]
    return "\n".join(lines)

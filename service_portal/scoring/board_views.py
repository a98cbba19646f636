"""The boards of a scheme: the best of each stage, for the zone's management."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any

from flask import render_template, request

from service_portal.access.permissions import Permission
from service_portal.access.policy import may
from service_portal.facts.pages import last_year, sheet_years
from service_portal.facts.queries import count_conflicts
from service_portal.kernel.clock import now
from service_portal.kernel.errors import Missing
from service_portal.scoring.normalising import FEWEST
from service_portal.scoring.pages import blueprint
from service_portal.scoring.queries import applying, best_of, scheme_of, stage_counts
from service_portal.scoring.schemes import Board, Scheme
from service_portal.web.guards import current_actor, requires
from service_portal.web.paging import cut, decode

PAGE = 50
MOST_POINTS = 10**7


@blueprint.get("/boards")
@requires(Permission.SCORE_BOARDS)
def boards() -> str:
    """Show the best of one stage of a scheme and a year, by the scheme's boards."""
    moment = now()
    year = request.args.get("year", type=int) or last_year(moment)
    found = [
        (scheme, version, scheme_of(version))
        for scheme, version in (applying(year) if 2000 <= year <= 2100 else [])
    ]
    with_boards = [one for one in found if one[2].boards]
    if not with_boards:
        raise Missing()
    row, version, scheme = with_boards[0]
    counts = stage_counts(row.id, year)
    stage = next(
        (one for one in scheme.stages if one.code == request.args.get("stage")), scheme.stages[0]
    )
    of = counts.get(stage.code, 0)
    cursor = request.args.get("after")
    rows = _rows(row.id, year, stage.code, scheme, of, cursor) if of >= FEWEST else []
    return render_template(
        "scoring/boards.html",
        row=row,
        version=version,
        scheme=scheme,
        stage=stage,
        counts=counts,
        year=year,
        year_choices=[(str(one), str(one)) for one in sheet_years(moment)],
        of=of,
        fewest=FEWEST,
        page=cut(rows, PAGE, lambda one: [str(one.total), one.enterprise_id], cursor),
        board_of=lambda higher: board_of(higher, of, scheme.boards),
        may_decide=may(current_actor(), Permission.FACT_DECIDE),
        conflicts=count_conflicts(),
        args={"year": year, "stage": stage.code},
    )


def _rows(
    scheme_id: int, year: int, stage: str, scheme: Scheme, of: int, cursor: str | None
) -> Any:
    widest = max(board.part for board in scheme.boards)
    last = int((widest * of).to_integral_value(ROUND_CEILING))
    place = decode(cursor, str, int)
    after = (place[0], place[1]) if place and _is_number(place[0]) else None
    return best_of(scheme_id, year, stage, last=last, after=after, size=PAGE + 1)


def _is_number(text: str) -> bool:
    try:
        return abs(Decimal(text)) < MOST_POINTS
    except InvalidOperation:
        return False


def board_of(higher: int, of: int, listed: tuple[Board, ...]) -> Board | None:
    """Give the board of somebody whom so many of all exceed."""
    part = Decimal(higher) / of
    return next(
        (one for one in sorted(listed, key=lambda board: board.part) if part < one.part), None
    )

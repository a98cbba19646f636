"""Where a score stands in its stage, without saying anybody else's. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from service_portal.scoring.normalising import FEWEST
from service_portal.scoring.schemes import Board


class Band(StrEnum):
    """A part of a stage, from the top."""

    HALF = "half"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Place:
    """The board that a score is on, else the half it is in."""

    board: Board | None
    band: Band | None = None


def place_in_stage(higher: int, of: int, boards: tuple[Board, ...]) -> Place | None:
    """Say where a score stands that `higher` of all `of` exceed; nothing in a group of fewer than
    five, where it would tell the others' scores. A board's part counts from the top; who shares
    its last place is on it.
    """
    if of < FEWEST:
        return None
    part = Decimal(higher) / of
    for board in sorted(boards, key=lambda one: one.part):
        if part < board.part:
            return Place(board)
    return Place(None, Band.HALF if part < Decimal("0.5") else Band.REST)

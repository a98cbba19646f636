"""The lifecycle, written out again from the papers (DESIGN.md section 4, domain.md section 2.1):
every legal pair, and all others refused.
"""

from __future__ import annotations

import re

import pytest

from service_portal.tickets.rules import (
    ENDED,
    HANDLED,
    OPEN,
    TABLE,
    WAITING_FOR_ENTERPRISE,
    Move,
    Status,
    moves_from,
    next_status,
)
from service_portal.tickets.words import STATUS_WORDS, refusal
from tests.spoken import in_both

# status: move -> next. A move that leads back to where it began changes who has the ticket, not
# where it stands.
PAPER = {
    "submitted": {
        "route": "submitted",
        "assign": "submitted",
        "hand_over": "submitted",
        "accept": "accepted",
        "refuse": "not_accepted",
        "return": "returned",
        "urge": "submitted",
        "withdraw": "withdrawn",
        "merge": "merged",
        "change_service": "submitted",
        "split": "submitted",
    },
    "returned": {
        "accept": "accepted",
        "refuse": "not_accepted",
        "resubmit": "submitted",
        "withdraw": "withdrawn",
    },
    "not_accepted": {},
    "accepted": {
        "assign": "accepted",
        "hand_over": "accepted",
        "refuse": "not_accepted",
        "return": "returned",
        "dispatch": "dispatched",
        "start": "in_progress",
        "ask_extension": "accepted",
        "grant_extension": "accepted",
        "refuse_extension": "accepted",
        "urge": "accepted",
        "withdraw": "withdrawn",
        "merge": "merged",
        "change_service": "submitted",
        "split": "accepted",
    },
    "dispatched": {
        "assign": "dispatched",
        "hand_over": "dispatched",
        "pick_up": "in_progress",
        "bounce": "accepted",
        "ask_extension": "dispatched",
        "grant_extension": "dispatched",
        "refuse_extension": "dispatched",
        "urge": "dispatched",
        "withdraw_offer": "accepted",
        "withdraw": "withdrawn",
        "split": "dispatched",
    },
    "in_progress": {
        "assign": "in_progress",
        "hand_over": "in_progress",
        "hold": "on_hold",
        "take_back": "accepted",
        "give_back": "accepted",
        "answer": "answered",
        "ask_extension": "in_progress",
        "grant_extension": "in_progress",
        "refuse_extension": "in_progress",
        "urge": "in_progress",
        "withdraw": "withdrawn",
        "change_service": "submitted",
        "split": "in_progress",
    },
    "on_hold": {
        "assign": "on_hold",
        "hand_over": "on_hold",
        "hold": "on_hold",
        "resume": "in_progress",
        "urge": "on_hold",
        "take_back": "accepted",
        "give_back": "accepted",
        "withdraw": "withdrawn",
        "split": "on_hold",
    },
    "answered": {"confirm": "closed", "redo": "in_progress", "auto_close": "closed"},
    "closed": {"reopen": "in_progress", "archive": "archived"},
    "archived": {},
    "withdrawn": {},
    "merged": {},
}
CHINESE = {
    "submitted": "待受理",
    "returned": "退回补正",
    "not_accepted": "不予受理",
    "accepted": "已受理",
    "dispatched": "已派单",
    "in_progress": "办理中",
    "on_hold": "挂起",
    "answered": "待确认",
    "closed": "已办结",
    "archived": "已归档",
    "withdrawn": "已撤回",
    "merged": "已并单",
}
PAIRS = [(status, move) for status in Status for move in Move]


@pytest.mark.parametrize(("status", "move"), PAIRS, ids=[f"{s}-{m}" for s, m in PAIRS])
def test_every_pair_is_as_the_paper_says(status: Status, move: Move) -> None:
    assert next_status(status, move) == PAPER[status].get(move)
    if move not in PAPER[status]:
        en, zh = in_both(lambda: refusal(status))
        state = STATUS_WORDS[status]
        assert state.within("en") in en and en.endswith(".")
        assert state.within("zh") in zh and zh.endswith("。")


def test_the_table_knows_nothing_more() -> None:
    assert {(str(s), str(m)): str(t) for (s, m), t in TABLE.items()} == {
        (s, m): t for s, moves in PAPER.items() for m, t in moves.items()
    }
    assert set(PAPER) == set(Status)


def test_every_status_can_be_reached_and_every_open_one_can_end() -> None:
    reached, edge = set(), {Status.SUBMITTED}
    while edge:
        reached |= edge
        edge = {target for (status, _), target in TABLE.items() if status in edge} - reached
    assert reached == set(Status)
    for status in OPEN:
        seen, edge = set(), {status}
        while edge:
            seen |= edge
            edge = {target for (one, _), target in TABLE.items() if one in edge} - seen
        assert seen & ENDED, status


def test_what_somebody_has_accepted_is_not_refused_any_more() -> None:
    assert Move.REFUSE not in moves_from(Status.ACCEPTED, auto_accept=False)
    assert Move.REFUSE in moves_from(Status.ACCEPTED, auto_accept=True), (
        "nobody has looked at it yet"
    )
    for auto_accept in (True, False):
        assert Move.REFUSE in moves_from(Status.SUBMITTED, auto_accept=auto_accept)
        assert Move.REFUSE not in moves_from(Status.IN_PROGRESS, auto_accept=auto_accept)


def test_final_statuses_are_final() -> None:
    assert {status for status in Status if not moves_from(status)} == {
        Status.NOT_ACCEPTED,
        Status.ARCHIVED,
        Status.WITHDRAWN,
        Status.MERGED,
    }
    assert {
        Status.NOT_ACCEPTED,
        Status.CLOSED,
        Status.ARCHIVED,
        Status.WITHDRAWN,
        Status.MERGED,
    } == ENDED
    assert HANDLED < OPEN and WAITING_FOR_ENTERPRISE == OPEN - HANDLED


def test_moves_come_in_the_order_of_the_journey() -> None:
    for status in Status:
        assert moves_from(status) == [move for move in Move if (status, move) in TABLE]


def test_names_are_those_of_the_field_in_both_languages() -> None:
    assert {str(status): words.within("zh") for status, words in STATUS_WORDS.items()} == CHINESE
    for words in STATUS_WORDS.values():
        assert re.fullmatch(r"[A-Za-z' ]+", words.within("en")) and re.fullmatch(
            r"[\u4e00-\u9fff]+", words.within("zh")
        )

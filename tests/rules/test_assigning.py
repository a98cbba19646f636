"""Who gets a ticket: never somebody absent, unable or full, the same whoever reads the list, with a
reason in both languages.
"""

from __future__ import annotations

import re
from collections import Counter
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_portal.assigning.rules import (
    Candidate,
    Chosen,
    Offered,
    Work,
    by_station,
    choose_members,
    choose_providers,
    why_not,
)
from service_portal.kernel.words import Words
from service_portal.tickets.codes import DecisionReason, Rejection
from service_portal.tickets.decisions import REJECTION_WORDS, SENTENCES, Names, say_reason
from service_portal.tickets.provider_rules import OfferWork, Provider, why_not_offer
from tests.spoken import in_both

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def said(kind: str, choice: Chosen | Offered) -> tuple[str, str]:
    """Say in both languages why somebody was chosen."""
    return in_both(lambda: say_reason(kind, choice.reason, Names(*choice.names)))


def member(number: int, **values: Any) -> Candidate:
    """Make a member who can take anything."""
    usual = {
        "station_id": 1,
        "skills": {"FIN": 2},
        "capacity": 12,
        "load": 0,
        "on_duty": True,
        "absent": False,
        "idle_since": None,
    }
    return Candidate(id=number, name=Words(f"M{number}", f"员{number}"), **{**usual, **values})


def work(number: int, points: int = 2, category: str = "FIN") -> Work:
    """Make a waiting ticket."""
    return Work(
        ticket_id=number, enterprise_id=1, station_id=1, category_code=category, points=points
    )


CANDIDATES = st.lists(
    st.builds(
        lambda skills, capacity, load, on_duty, absent, idle: {
            "skills": skills,
            "capacity": capacity,
            "load": load,
            "on_duty": on_duty,
            "absent": absent,
            "idle_since": idle,
        },
        st.dictionaries(st.sampled_from(["FIN", "LEG"]), st.integers(1, 3)),
        st.integers(0, 12),
        st.integers(0, 12),
        st.booleans(),
        st.booleans(),
        st.none() | st.integers(0, 5).map(lambda hours: NOW - timedelta(hours=hours)),
    ),
    max_size=7,
).map(lambda rows: [member(n + 1, **row) for n, row in enumerate(rows)])
WAITING = st.lists(st.tuples(st.integers(1, 5), st.sampled_from(["FIN", "LEG"])), max_size=12).map(
    lambda rows: [work(n + 1, points, category) for n, (points, category) in enumerate(rows)]
)


@given(candidates=CANDIDATES, waiting=WAITING)
def test_nobody_is_overloaded_absent_off_duty_or_unable(
    candidates: list[Candidate], waiting: list[Work]
) -> None:
    before = deepcopy(candidates)
    chosen = choose_members(waiting, {1: candidates}, NOW)
    assert [choice.work for choice in chosen] == waiting, "every ticket has its answer, in order"
    load = Counter({c.id: c.load for c in before})
    known = {c.id: c for c in before}
    for choice in chosen:
        if choice.id is None:
            continue
        taker = known[choice.id]
        load[choice.id] += choice.work.points
        assert (
            taker.on_duty
            and not taker.absent
            and taker.skills.get(choice.work.category_code, 0) >= 1
        )
        assert load[choice.id] <= taker.capacity
    assert {c.id: c.load for c in candidates} == dict(load)


@given(candidates=CANDIDATES, waiting=WAITING)
def test_a_ticket_waits_only_when_really_nobody_can_take_it(
    candidates: list[Candidate], waiting: list[Work]
) -> None:
    for choice in choose_members(waiting, {1: candidates}, NOW):
        if choice.id is None:
            # Loads only grow within a round, so whoever is able after it was able before.
            assert all(why_not(choice.work, candidate) for candidate in candidates)
            assert sum(choice.reason.facts["rejected"].values()) == len(candidates)


@given(candidates=CANDIDATES, waiting=WAITING, seed=st.integers(0, 1000))
def test_the_order_in_which_members_are_read_does_not_matter(
    candidates: list[Candidate], waiting: list[Work], seed: int
) -> None:
    shuffled = deepcopy(candidates)
    Random(seed).shuffle(shuffled)
    one = choose_members(waiting, {1: deepcopy(candidates)}, NOW)
    other = choose_members(waiting, {1: shuffled}, NOW)
    assert [(choice.id, choice.reason, choice.names) for choice in one] == [
        (choice.id, choice.reason, choice.names) for choice in other
    ]


@given(candidates=CANDIDATES, waiting=WAITING)
def test_every_choice_has_its_reason_in_both_languages(
    candidates: list[Candidate], waiting: list[Work]
) -> None:
    for choice in choose_members(waiting, {1: candidates}, NOW):
        en, zh = said("assign", choice)
        assert en.endswith(".") and zh.endswith("。") and re.search(r"[\u4e00-\u9fff]", zh)
        if choice.id is not None:
            assert en.startswith(f"M{choice.id}:") and zh.startswith(f"员{choice.id}：")


def test_the_least_loaded_for_their_capacity_then_skill_then_the_longest_idle() -> None:
    def first(*candidates: Candidate) -> int | None:
        return choose_members([work(1)], {1: list(candidates)}, NOW)[0].id

    assert first(member(1, load=4, capacity=8), member(2, load=5, capacity=20)) == 2
    assert first(member(1, skills={"FIN": 1}), member(2, skills={"FIN": 3})) == 2
    assert (
        first(
            member(1, idle_since=NOW - timedelta(hours=1)),
            member(2, idle_since=NOW - timedelta(hours=9)),
        )
        == 2
    )
    assert first(member(1, idle_since=NOW - timedelta(days=99)), member(2, idle_since=None)) == 2, (
        "who never had a case has waited longest"
    )


def test_equals_take_turns() -> None:
    taken = Counter(
        choose_members([work(ticket)], {1: [member(1), member(2), member(3)]}, NOW)[0].id
        for ticket in range(600)
    )
    assert min(taken.values()) > 140, "the hash favours nobody"
    shares = Counter(
        choice.id
        for choice in choose_members(
            [work(n) for n in range(18)], {1: [member(1), member(2), member(3)]}, NOW
        )
    )
    assert set(shares.values()) == {6}, "within a round the load decides"


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"skills": {}}, "no_skill"),
        ({"on_duty": False}, "off_duty"),
        ({"absent": True}, "absent"),
        ({"load": 11}, "no_capacity"),
        ({"load": 10}, None),
        ({"capacity": 0}, "no_capacity"),
    ],
)
def test_why_not(about: dict[str, Any], reason: str | None) -> None:
    assert why_not(work(1), member(1, **about)) == reason


def test_members_are_asked_only_for_their_own_station() -> None:
    grouped = by_station([member(1, station_id=1), member(2, station_id=2)])
    assert {station: [c.id for c in some] for station, some in grouped.items()} == {1: [1], 2: [2]}
    assert choose_members([work(1)], {2: grouped[2]}, NOW)[0].id is None


def provider(number: int, **values: Any) -> Provider:
    """Make an institution that can take anything."""
    usual = {
        "admitted": True,
        "licensed": True,
        "capacity": 20,
        "load": 0,
        "last_offered_at": None,
        "controller": "",
    }
    return Provider(id=number, name=Words(f"I{number}", f"机构{number}"), **{**usual, **values})


def offer(number: int, **values: Any) -> OfferWork:
    """Make an accepted ticket that waits for an institution."""
    usual: dict[str, Any] = {
        "enterprise_id": 5,
        "service_code": "LEG-02",
        "park_id": 1,
        "points": 3,
        "answered": frozenset(),
        "controller": "",
    }
    return OfferWork(ticket_id=number, **{**usual, **values})


NOBODY: frozenset[tuple[int, int]] = frozenset()
PAIR = frozenset({(5, 1)})


@pytest.mark.parametrize(
    ("wanted", "about", "barred", "conflicts", "reason"),
    [
        ({}, {}, NOBODY, NOBODY, None),
        ({}, {"admitted": False}, NOBODY, NOBODY, "not_admitted"),
        ({}, {"licensed": False}, NOBODY, NOBODY, "licence"),
        ({}, {}, PAIR, NOBODY, "excluded"),
        ({}, {}, NOBODY, PAIR, "conflict"),
        ({"controller": "Li"}, {"controller": "Li"}, NOBODY, NOBODY, "conflict"),
        ({"controller": ""}, {"controller": ""}, NOBODY, NOBODY, None),
        ({"answered": frozenset({1})}, {}, NOBODY, NOBODY, "answered_before"),
        ({}, {"load": 18}, NOBODY, NOBODY, "no_capacity"),
        ({}, {"load": 17}, NOBODY, NOBODY, None),
    ],
)
def test_why_an_institution_is_not_asked(
    wanted: dict[str, Any],
    about: dict[str, Any],
    barred: frozenset[tuple[int, int]],
    conflicts: frozenset[tuple[int, int]],
    reason: str | None,
) -> None:
    assert why_not_offer(offer(1, **wanted), provider(1, **about), barred, conflicts) == reason


PROVIDERS = st.lists(
    st.fixed_dictionaries(
        {
            "admitted": st.booleans(),
            "licensed": st.booleans(),
            "capacity": st.integers(0, 12),
            "load": st.integers(0, 12),
            "controller": st.sampled_from(["", "Li", "Wang"]),
            "last_offered_at": (
                st.none() | st.integers(0, 5).map(lambda hours: NOW - timedelta(hours=hours))
            ),
        }
    ),
    max_size=6,
).map(lambda rows: [provider(n + 1, **row) for n, row in enumerate(rows)])


@given(
    providers=PROVIDERS,
    points=st.lists(st.integers(1, 4), max_size=8),
    controller=st.sampled_from(["", "Li"]),
    seed=st.integers(0, 99),
)
def test_institutions_keep_their_capacity_and_the_order_read_does_not_matter(
    providers: list[Provider], points: list[int], controller: str, seed: int
) -> None:
    waiting = [
        offer(n + 1, points=p, controller=controller, answered=frozenset({n % 3}))
        for n, p in enumerate(points)
    ]
    shuffled, load = deepcopy(providers), Counter({p.id: p.load for p in providers})
    Random(seed).shuffle(shuffled)
    known = {p.id: deepcopy(p) for p in providers}
    one = choose_providers(waiting, {("LEG-02", 1): providers}, NOBODY, PAIR, NOW)
    other = choose_providers(waiting, {("LEG-02", 1): shuffled}, NOBODY, PAIR, NOW)
    assert [choice.id for choice in one] == [choice.id for choice in other]
    for choice in one:
        en, zh = said("offer", choice)
        assert zh.endswith("。") and en.endswith(".")
        if choice.id is not None:
            taker = known[choice.id]
            load[choice.id] += choice.work.points
            assert (
                load[choice.id] <= taker.capacity
                and taker.admitted
                and taker.licensed
                and choice.id != 1
                and choice.id not in choice.work.answered
            )
            assert not controller or taker.controller != controller


def test_every_reason_and_every_rejection_has_words() -> None:
    assert set(REJECTION_WORDS) == set(Rejection)
    assert set(SENTENCES) == set(DecisionReason)


def test_a_day_off_of_ones_own_calendar_brings_no_case() -> None:
    assert why_not(work(1), member(1, day_off=True)) == "day_off"
    chosen = choose_members([work(1)], {1: [member(1, day_off=True), member(2, load=9)]}, NOW)[0]
    en, zh = said("assign", chosen)
    assert chosen.id == 2 and "1 on a day off" in en and "1 个当日休班" in zh

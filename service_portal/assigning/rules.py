"""Which member owns a ticket, and which institution is offered it: filters with reasons, then one
order. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

from service_portal.kernel.words import Words

REJECTIONS: dict[str, Words] = {
    "no_skill": Words("without the skill", "不具备该类技能"),
    "off_duty": Words("off duty", "不在岗"),
    "day_off": Words("on a day off", "当日休班"),
    "absent": Words("absent", "请假"),
    "no_capacity": Words("at capacity", "已满负荷"),
    "not_admitted": Words("not admitted", "未准入或已暂停"),
    "nobody_answers": Words("nobody there can sign in", "无人可登录接单"),
    "licence": Words("without a valid licence", "资质不在有效期"),
    "excluded": Words("excluded by the enterprise", "被企业排除"),
    "conflict": Words("with a conflict of interest", "存在利益冲突"),
    "answered_before": Words("declined or silent before", "此前已拒绝或逾期未应答"),
}


@dataclass(frozen=True, slots=True)
class Work:
    """A ticket that waits for somebody."""

    ticket_id: int
    enterprise_id: int
    station_id: int
    category_code: str
    points: int


@dataclass(slots=True)
class Candidate:
    """A member as a round sees them; `load` grows as the round gives them tickets."""

    id: int
    name: Words
    station_id: int
    skills: Mapping[str, int]
    capacity: int
    load: int
    on_duty: bool
    absent: bool
    idle_since: datetime | None
    day_off: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """The result for one ticket: nobody when `id` is None,
    with the reason in words and in detail.
    """

    work: Work
    id: int | None
    words: Words
    considered: dict[str, Any] = field(default_factory=dict)


def _tie(ticket_id: int, candidate_id: int) -> str:
    return blake2b(f"{ticket_id}:{candidate_id}".encode(), digest_size=8).hexdigest()


def why_not(work: Work, candidate: Candidate) -> str | None:
    """Name the first filter that rejects a member for a ticket, or None when they can take it."""
    if candidate.skills.get(work.category_code, 0) < 1:
        return "no_skill"
    if not candidate.on_duty:
        return "off_duty"
    if candidate.absent:
        return "absent"
    if candidate.day_off:
        return "day_off"
    if candidate.load + work.points > candidate.capacity:
        return "no_capacity"
    return None


def _rank(work: Work, candidate: Candidate) -> tuple[float, int, float]:
    share = candidate.load / candidate.capacity if candidate.capacity else 1.0
    since = candidate.idle_since.timestamp() if candidate.idle_since else float("-inf")
    return (share, -candidate.skills.get(work.category_code, 0), since)


def _in_order(work: Work, able: list[Candidate]) -> list[Candidate]:
    """Put able members in order, the best first; the hash is taken of those only that nothing else
    tells apart.
    """
    ranks = {candidate.id: _rank(work, candidate) for candidate in able}
    if len(set(ranks.values())) == len(able):
        return sorted(able, key=lambda candidate: ranks[candidate.id])
    return sorted(
        able, key=lambda candidate: (*ranks[candidate.id], _tie(work.ticket_id, candidate.id))
    )


def choose_members(
    waiting: Sequence[Work], candidates: Mapping[int, Sequence[Candidate]], now: datetime
) -> list[Chosen]:
    """Give each ticket, in the order given, to the able member who is least loaded for their
    capacity.

    Ties: the higher skill, then the longest idle, then a stable hash. Loads grow within the round,
    so no member passes their capacity. `candidates` maps a station to its members.
    """
    chosen = []
    for work in waiting:
        able: list[Candidate] = []
        rejected: Counter[str] = Counter()
        for candidate in candidates.get(work.station_id, ()):
            reason = why_not(work, candidate)
            if reason is None:
                able.append(candidate)
            else:
                rejected[reason] += 1
        able = _in_order(work, able)
        chosen.append(_member_choice(work, able, rejected, now))
        if able:
            able[0].load += work.points
            able[0].idle_since = now
    return chosen


def _member_choice(
    work: Work, able: Sequence[Candidate], rejected: Counter[str], now: datetime
) -> Chosen:
    details = {"able": [c.id for c in able[:5]], "rejected": dict(rejected)}
    turned = _rejected(rejected)
    if not able:
        return Chosen(
            work,
            None,
            Words(
                f"Nobody can take it now. Not considered: {turned.en}.",
                f"目前无人可接。未考虑：{turned.zh}。",
            ),
            details,
        )
    best = able[0]
    level = best.skills.get(work.category_code, 0)
    idle = _idle(best.idle_since, now)
    en = (
        f"{best.name.en}: least loaded of {len(able)} able, {best.load} of {best.capacity} points,"
        f" skill {work.category_code} {level}, {idle.en}."
    )
    zh = (
        f"{best.name.zh}：{len(able)} 位可接人员中负荷最低，已用 {best.load}/{best.capacity}"
        f" 点，{work.category_code} 技能 {level} 级，{idle.zh}。"
    )
    if len(able) > 1:
        en += f" Next: {able[1].name.en} ({able[1].load} of {able[1].capacity} points)."
        zh += f"其次：{able[1].name.zh}（{able[1].load}/{able[1].capacity} 点）。"
    if rejected:
        en += f" Not considered: {turned.en}."
        zh += f"未考虑：{turned.zh}。"
    return Chosen(work, best.id, Words(en, zh), details)


def _rejected(rejected: Counter[str]) -> Words:
    if not rejected:
        return Words("nobody is there at all", "没有任何候选")
    ordered = sorted(rejected.items(), key=lambda item: (-item[1], item[0]))
    return Words(
        ", ".join(f"{count} {REJECTIONS[reason].en}" for reason, count in ordered),
        "、".join(f"{count} 个{REJECTIONS[reason].zh}" for reason, count in ordered),
    )


def _idle(since: datetime | None, now: datetime) -> Words:
    if since is None:
        return Words("no case so far", "尚未接单")
    hours, minutes = divmod(max(0, int((now - since).total_seconds() // 60)), 60)
    if hours >= 48:
        return Words(f"idle {hours // 24} days", f"空闲 {hours // 24} 天")
    return (
        Words(f"idle {hours} h", f"空闲 {hours} 小时")
        if hours
        else Words(f"idle {minutes} min", f"空闲 {minutes} 分钟")
    )


@dataclass(frozen=True, slots=True)
class OfferWork:
    """An accepted ticket that waits for an institution."""

    ticket_id: int
    enterprise_id: int
    service_code: str
    park_id: int
    points: int
    answered: frozenset[int]
    controller: str


@dataclass(slots=True)
class Provider:
    """An institution as a round sees it; `load` grows with the offers it gets."""

    id: int
    name: Words
    admitted: bool
    licensed: bool
    capacity: int
    load: int
    last_offered_at: datetime | None
    controller: str
    answers: bool = True
    """Whether somebody there can sign in and answer an offer."""


def why_not_offer(
    work: OfferWork,
    provider: Provider,
    barred: frozenset[tuple[int, int]],
    conflicts: frozenset[tuple[int, int]],
) -> str | None:
    """Name the first filter that rejects an institution for a ticket.

    `barred` and `conflicts` hold (enterprise, institution).
    """
    pair = (work.enterprise_id, provider.id)
    if not provider.admitted:
        return "not_admitted"
    if not provider.licensed:
        return "licence"
    if not provider.answers:
        return "nobody_answers"
    if pair in conflicts or (work.controller and work.controller == provider.controller):
        return "conflict"
    if pair in barred:
        return "excluded"
    if provider.id in work.answered:
        return "answered_before"
    if provider.load + work.points > provider.capacity:
        return "no_capacity"
    return None


@dataclass(frozen=True, slots=True)
class Offered:
    """The institution chosen for a ticket, or none, and why."""

    work: OfferWork
    id: int | None
    words: Words
    considered: dict[str, Any]


def choose_providers(
    waiting: Sequence[OfferWork],
    accepting: Mapping[tuple[str, int], Sequence[Provider]],
    barred: frozenset[tuple[int, int]],
    conflicts: frozenset[tuple[int, int]],
    now: datetime,
) -> list[Offered]:
    """Choose for each ticket, in the order given, the able institution least loaded for its
    capacity; ties: longest without an offer, then a stable hash.
    """
    result = []
    for work in waiting:
        able: list[Provider] = []
        rejected: Counter[str] = Counter()
        for provider in accepting.get((work.service_code, work.park_id), ()):
            reason = why_not_offer(work, provider, barred, conflicts)
            if reason is None:
                able.append(provider)
            else:
                rejected[reason] += 1
        able.sort(key=lambda p: _provider_order(work, p, now))
        result.append(_provider_choice(work, able, rejected, now))
        if able:
            able[0].load += work.points
            able[0].last_offered_at = now
    return result


def _provider_order(work: OfferWork, provider: Provider, now: datetime) -> tuple[float, float, str]:
    idle = (
        (now - provider.last_offered_at).total_seconds()
        if provider.last_offered_at
        else float("inf")
    )
    return (
        provider.load / provider.capacity if provider.capacity else 1.0,
        -idle,
        _tie(work.ticket_id, provider.id),
    )


def _provider_choice(
    work: OfferWork, able: Sequence[Provider], rejected: Counter[str], now: datetime
) -> Offered:
    details = {"able": [p.id for p in able[:5]], "rejected": dict(rejected)}
    turned = _rejected(rejected)
    if not able:
        return Offered(
            work,
            None,
            Words(
                f"No institution can take it now. Not considered: {turned.en}.",
                f"目前没有机构可接。未考虑：{turned.zh}。",
            ),
            details,
        )
    best, idle = able[0], _idle(able[0].last_offered_at, now)
    en = (
        f"{best.name.en}: least loaded of {len(able)} able, {best.load} of {best.capacity} points,"
        f" {idle.en}."
    )
    zh = (
        f"{best.name.zh}：{len(able)} 家可接机构中负荷最低，已用 {best.load}/{best.capacity}"
        f" 点，{idle.zh}。"
    )
    if len(able) > 1:
        en += f" Next: {able[1].name.en}."
        zh += f"其次：{able[1].name.zh}。"
    if rejected:
        en += f" Not considered: {turned.en}."
        zh += f"未考虑：{turned.zh}。"
    return Offered(work, best.id, Words(en, zh), details)


def by_station(candidates: Iterable[Candidate]) -> dict[int, list[Candidate]]:
    """Group members by their station."""
    grouped: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        grouped.setdefault(candidate.station_id, []).append(candidate)
    return grouped

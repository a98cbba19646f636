"""Why a ticket went where it went, in the reader's language: a reason is kept as a code and its
facts, and the names of those it speaks of are read when it is shown.

Rows of the first release have no code; they are shown in the words they were written with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from service_portal.kernel.db import AnyRow, db
from service_portal.kernel.reasons import Reason
from service_portal.kernel.words import Words
from service_portal.tickets.codes import DecisionKind, DecisionReason, Rejection
from service_portal.web.formatting import joined, listed, localized
from service_portal.web.language import speaking
from service_portal.web.translations import Later, ngettext
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l

REJECTION_WORDS: dict[Rejection, Later] = {
    Rejection.NO_SKILL: _l("without the skill"),
    Rejection.OFF_DUTY: _l("off duty"),
    Rejection.DAY_OFF: _l("on a day off"),
    Rejection.ABSENT: _l("absent"),
    Rejection.NO_CAPACITY: _l("at capacity"),
    Rejection.NOT_ADMITTED: _l("not admitted"),
    Rejection.NOBODY_ANSWERS: _l("nobody there can sign in"),
    Rejection.LICENCE: _l("without a valid licence"),
    Rejection.EXCLUDED: _l("excluded by the enterprise"),
    Rejection.CONFLICT: _l("with a conflict of interest"),
    Rejection.ANSWERED_BEFORE: _l("asked before"),
}

# What a statement reads of a decision `d` beside its ticket, so that `say_decision` can say it.
DECIDED = """
    d.kind, d.outcome, d.chosen_id, d.reason_code, d.considered, d.words_en, d.words_zh,
    coalesce(ds.name_en, dm.name_en, di.name_en) AS chosen_en,
    coalesce(ds.name_zh, dm.name_zh, di.name_zh) AS chosen_zh,
    coalesce(nm.name_en, ni.name_en) AS next_en, coalesce(nm.name_zh, ni.name_zh) AS next_zh,
    dp.name_en AS person_en, dp.name_zh AS person_zh
"""
# The names it speaks of; of those who could have been chosen, the second is the next.
WITH_NAMES = """
    LEFT JOIN station AS ds ON d.kind = 'route' AND ds.id = d.chosen_id
    LEFT JOIN member AS dm ON d.kind = 'assign' AND dm.id = d.chosen_id
    LEFT JOIN institution AS di ON d.kind = 'offer' AND di.id = d.chosen_id
    LEFT JOIN member AS nm
        ON d.kind = 'assign' AND nm.id = CAST(d.considered #>> '{able,1}' AS bigint)
    LEFT JOIN institution AS ni
        ON d.kind = 'offer' AND ni.id = CAST(d.considered #>> '{able,1}' AS bigint)
    LEFT JOIN person AS dp ON dp.id = CAST(d.considered ->> 'person_id' AS bigint)
"""
_OF_TICKET = sa.text(f"""
    SELECT d.at, {DECIDED} FROM decision AS d {WITH_NAMES}
    WHERE d.ticket_id = :ticket ORDER BY d.id
""")


def decisions_of(ticket_id: int) -> Sequence[AnyRow]:
    """Read the decisions on a ticket with the names they speak of, oldest first."""
    return db.session.execute(_OF_TICKET, {"ticket": ticket_id}).all()


class Names(NamedTuple):
    """Whom a decision speaks of: who was chosen, who would have been next, who decided."""

    chosen: Words | None = None
    next: Words | None = None
    person: Words | None = None


NO_NAMES = Names()


@dataclass(frozen=True, slots=True)
class Decided:
    """A reason with the names it needs, each in the reader's language."""

    kind: str
    facts: Mapping[str, Any]
    chosen: str
    next: str
    person: str


def say_decision(row: Any) -> str:
    """Say why, of a row of `DECIDED`."""
    if row.reason_code is None:
        return localized(row, "words")
    names = (localized(row, "chosen"), localized(row, "next"), localized(row, "person"))
    return _say(row.reason_code, Decided(row.kind, row.considered, *names))


def say_reason(kind: str, reason: Reason, names: Names = NO_NAMES) -> str:
    """Say why, of what has just been decided."""
    return _say(reason.code, Decided(kind, reason.facts, *map(localized, names)))


def say_in_both(kind: str, reasons: Sequence[tuple[Reason, Names]]) -> list[tuple[str, str]]:
    """Say reasons in English and in Chinese, as the release before this one reads them."""
    with speaking("en"):
        english = [say_reason(kind, reason, names) for reason, names in reasons]
    with speaking("zh"):
        chinese = [say_reason(kind, reason, names) for reason, names in reasons]
    return list(zip(english, chinese, strict=True))


def _say(code: str, decided: Decided) -> str:
    return SENTENCES[DecisionReason(code)](decided)


def _rule(decided: Decided) -> str:
    return _(
        "%(station)s: the rule “%(rule)s” (version %(version)s) applies.",
        station=decided.chosen,
        rule=localized(decided.facts["rule"]),
        version=decided.facts["version"],
    )


def _coverage(decided: Decided) -> str:
    looked_at = len(decided.facts["rules_passed"])
    category = decided.facts["category"]
    if decided.facts["park_id"] is not None:
        return _(
            "%(station)s: it covers %(category)s for this park; no rule applied (%(n)s looked at).",
            station=decided.chosen,
            category=category,
            n=looked_at,
        )
    return _(
        "%(station)s: it covers %(category)s for every park; no rule applied (%(n)s looked at).",
        station=decided.chosen,
        category=category,
        n=looked_at,
    )


def _headquarters(decided: Decided) -> str:
    return _(
        "%(station)s: no rule applied and no station covers %(category)s here, so headquarters"
        " takes it.",
        station=decided.chosen,
        category=decided.facts["category"],
    )


def _no_station(decided: Decided) -> str:
    return _(
        "No station: no rule applied, no station covers %(category)s here, and no headquarters is"
        " in use.",
        category=decided.facts["category"],
    )


def _nobody_able(decided: Decided) -> str:
    rejected = _rejected(decided.facts["rejected"]) or _("nobody is there at all")
    if decided.kind == DecisionKind.OFFER:
        return _("No institution can take it now. Not considered: %(rejected)s.", rejected=rejected)
    return _("Nobody can take it now. Not considered: %(rejected)s.", rejected=rejected)


def _least_loaded(decided: Decided) -> str:
    facts = decided.facts
    values = {
        "name": decided.chosen,
        "able": facts["able_count"],
        "load": facts["load"],
        "capacity": facts["capacity"],
        "idle": _idle(facts["idle_minutes"]),
    }
    sentences = [_least_loaded_of(decided, values)]
    if decided.next:
        sentences.append(_next(decided))
    if facts["rejected"]:
        sentences.append(_("Not considered: %(rejected)s.", rejected=_rejected(facts["rejected"])))
    return joined(sentences)


def _least_loaded_of(decided: Decided, values: dict[str, Any]) -> str:
    if decided.facts.get("preferred_count"):
        return _(
            "%(name)s: the enterprise prefers it, and it is able (%(able)s are), %(load)s of"
            " %(capacity)s points, %(idle)s.",
            **values,
        )
    if decided.kind == DecisionKind.OFFER:
        return _(
            "%(name)s: least loaded of %(able)s able, %(load)s of %(capacity)s points, %(idle)s.",
            **values,
        )
    return _(
        "%(name)s: least loaded of %(able)s able, %(load)s of %(capacity)s points, skill"
        " %(category)s %(level)s, %(idle)s.",
        category=decided.facts["category"],
        level=decided.facts["level"],
        **values,
    )


def _next(decided: Decided) -> str:
    facts = decided.facts
    if decided.kind == DecisionKind.OFFER:
        return _("Next: %(name)s.", name=decided.next)
    return _(
        "Next: %(name)s (%(load)s of %(capacity)s points).",
        name=decided.next,
        load=facts["next_load"],
        capacity=facts["next_capacity"],
    )


def _rejected(rejected: Mapping[str, int]) -> str:
    ordered = sorted(rejected.items(), key=lambda item: (-item[1], item[0]))
    return listed(
        _("%(count)s %(why)s", count=count, why=REJECTION_WORDS[Rejection(why)])
        for why, count in ordered
    )


def _idle(minutes: int | None) -> str:
    if minutes is None:
        return _("no case so far")
    hours = minutes // 60
    if hours >= 48:
        return ngettext("idle %(num)d day", "idle %(num)d days", hours // 24)
    return _("idle %(n)s h", n=hours) if hours else _("idle %(n)s min", n=minutes)


def _person(decided: Decided) -> str:
    who = {"name": decided.chosen, "person": decided.person or _("the lead")}
    said = (
        _("%(name)s: decided by %(person)s (over capacity).", **who)
        if decided.facts.get("over")
        else _("%(name)s: decided by %(person)s.", **who)
    )
    return joined([said, *filter(None, [decided.facts["reason"]])])


SENTENCES: dict[DecisionReason, Callable[[Decided], str]] = {
    DecisionReason.RULE: _rule,
    DecisionReason.COVERAGE: _coverage,
    DecisionReason.HEADQUARTERS: _headquarters,
    DecisionReason.NO_STATION: _no_station,
    DecisionReason.LEAST_LOADED: _least_loaded,
    DecisionReason.NOBODY_ABLE: _nobody_able,
    DecisionReason.PERSON: _person,
}

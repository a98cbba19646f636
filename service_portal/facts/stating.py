"""An enterprise states its facts of a year; somebody decides where sources differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.facts.expressions import Value
from service_portal.facts.kinds import KINDS, FactFault, Unfit, read_text
from service_portal.facts.queries import statements_of, value_of
from service_portal.facts.rules import Source
from service_portal.facts.services import Said, record_decision, record_facts
from service_portal.facts.words import FAULT_WORDS
from service_portal.kernel.errors import Conflict, Missing, Refused


@dataclass(frozen=True, slots=True)
class Stated:
    """What came of a sheet: the codes that are new, and what is wrong with others."""

    saved: tuple[str, ...] = ()
    faults: Mapping[str, FactFault] = field(default_factory=dict)


def state_facts(
    texts: Mapping[str, str], *, actor: Actor, enterprise_id: int, year: int, now: datetime
) -> Stated:
    """Keep what an enterprise says of a year; what can't be read is named and the rest is kept.

    An empty field says nothing; one that was filled in before can be corrected, not emptied.
    """
    said, faults = [], {}
    own = {
        code
        for (code, _year), facts in statements_of(enterprise_id, [year]).items()
        if any(fact.source == Source.OWN for fact in facts)
    }
    for code, text in texts.items():
        kind = KINDS.get(code)
        if kind is None or not kind.is_stated:
            continue
        if not text.strip():
            if code in own:
                faults[code] = FactFault.EMPTIED
            continue
        try:
            said.append(Said(enterprise_id, year, code, read_text(kind, text)))
        except Unfit as unfit:
            faults[code] = unfit.fault
    new = record_facts(said, actor=actor, source=Source.OWN, now=now)
    return Stated(tuple(one.code for one in new), faults)


def decide_fact(
    *,
    actor: Actor,
    enterprise_id: int,
    year: int,
    code: str,
    fact_id: int | None,
    text: str,
    note: str,
    now: datetime,
) -> int:
    """Decide what counts: what one of the statements says, or another value, which goes before it
    where both are given; the reason is kept. Gives the id of the decision.

    Raises Refused without a value or a reason, Conflict when somebody has said something since.
    """
    kind = KINDS.get(code)
    if kind is None or not kind.is_stated:
        raise Missing()
    if not note.strip():
        raise Refused(
            _("Say why this value counts; the enterprise reads the reason."), field="note"
        )
    value = None if text.strip() else _chosen(enterprise_id, year, code, fact_id)
    if value is None:
        try:
            value = read_text(kind, text)
        except Unfit as unfit:
            raise Refused(str(FAULT_WORDS[unfit.fault]), field="value") from unfit
    said = Said(enterprise_id, year, code, value, note=note.strip()[:500])
    return record_decision(said, actor=actor, now=now)


def _chosen(enterprise_id: int, year: int, code: str, fact_id: int | None) -> Value | None:
    if fact_id is None:
        return None
    said = statements_of(enterprise_id, [year], code=code)[code, year]
    found = next((fact for fact in said if fact.id == fact_id), None)
    if found is None:
        raise Conflict(_("This statement is not there any more. Look at the page again."))
    return value_of(code, found.number, found.value_code)

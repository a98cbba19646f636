"""How money, rates, answers and what does not fit are said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from service_portal.facts.expressions import Malformed, Missing, Undefined, Value, parse
from service_portal.facts.kinds import COMPUTED, KINDS, SECTIONS, FactKind, FactType
from service_portal.facts.saying import say_condition
from service_portal.facts.words import as_said, say_exactly, say_value
from service_portal.financing.rules import (
    AnswerState,
    AnswersWith,
    Checked,
    EndedBy,
    Guarantee,
    Misfit,
)
from service_portal.kernel.dates import say_date
from service_portal.kernel.reasons import Reason
from service_portal.kernel.words import Words
from service_portal.tickets.codes import Rejection
from service_portal.web.amounts import short_yuan
from service_portal.web.formatting import listed, localized
from service_portal.web.language import language
from service_portal.web.translations import Later
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l
from service_portal.web.translations import later_in as _lp

S = AnswerState

# What an enterprise signs, by version. Changed words are the next version.
_AGREED = _l(
    "I act for the enterprise and agree that each institution chosen above reads this request with"
    " its files, the enterprise's facts and its innovation points, and may query its credit record,"
    " to decide on this request."
)
CONSENTS: dict[int, tuple[Later, ...]] = {
    1: (
        _AGREED,
        _l(
            "You can take this back at any time for each institution; from then on it reads nothing"
            " more. What it has approved and you have accepted stays."
        ),
    ),
    2: (
        _AGREED,
        _l(
            "You can take this back at any time for each institution; from then on it reads nothing"
            " more. What it has approved and you have accepted stays, and so does what it has"
            " booked under the enterprise's name: that you asked, its answer, lines and payments."
        ),
    ),
}
CONSENT_VERSION = max(CONSENTS)

STATE_WORDS: dict[AnswerState, Later] = {
    S.CHOSEN: _l("chosen, not sent yet"),
    S.RECEIVED: _lp("loan", "received"),
    S.CONTACTED: _l("in contact"),
    S.DUE_DILIGENCE: _l("due diligence"),
    S.APPROVED: _l("approved"),
    S.REFUSED: _l("refused"),
    S.WITHDRAWN: _lp("loan", "withdrawn"),
    S.LAPSED: _l("not answered in time"),
}

ACCEPTED = _l("approved, and accepted by the enterprise")
NOT_ACCEPTED = _l("approved, not accepted in time")

GUARANTEE_WORDS: dict[str, Later] = {
    Guarantee.CREDIT: _l("Credit only"),
    Guarantee.MORTGAGE: _l("Mortgage"),
    Guarantee.IP: _l("IP pledge"),
    Guarantee.GUARANTOR: _l("Guarantor"),
}

ANSWERS_WITH_WORDS: dict[str, Later] = {
    AnswersWith.LINE: _l("a credit line"),
    AnswersWith.SHARE: _l("a share of the risk"),
}

ENDED_BY_WORDS: dict[str, Later] = {
    EndedBy.BANK: _l("withdrawn by the institution"),
    EndedBy.ENTERPRISE: _l("taken back by the enterprise"),
    EndedBy.STATION: _l("ended by the station"),
}

REJECTIONS: dict[str, Later] = {
    Rejection.NOT_ADMITTED: _l("The institution is not admitted to the pool now."),
    Rejection.LICENCE: _l("The institution has no valid licence now."),
    Rejection.NOBODY_ANSWERS: _l("Nobody of the institution can sign in to answer."),
    Rejection.CONFLICT: _l("A conflict of interest with the institution is on record."),
    Rejection.EXCLUDED: _l("You have said that you do not want this institution."),
}


def money(fen: int | None) -> str:
    """Say a sum of money exactly, or that there is none."""
    return "—" if fen is None else short_yuan(fen)


def rate(basis_points: int | None) -> str:
    """Say a rate as the loan prime rate and so many basis points."""
    if basis_points is None:
        return "—"
    if basis_points == 0:
        return "LPR"
    sign = "+" if basis_points > 0 else "−"
    return f"LPR {sign} {abs(basis_points)} bp"


def rates(from_bp: int, to_bp: int) -> str:
    """Say between which rates a product lies."""
    return rate(from_bp) if from_bp == to_bp else f"{rate(from_bp)} … {rate(to_bp)}"


def guarantees(codes: Iterable[str]) -> str:
    """Name several guarantees."""
    return listed(str(GUARANTEE_WORDS[code]) for code in codes)


def say_misfit(reason: Reason) -> str:
    """Say why a product does not fit, in a sentence to the enterprise."""
    facts = reason.facts
    if reason.code == Misfit.INSTITUTION:
        return str(REJECTIONS[facts["why"]])
    if reason.code == Misfit.TOO_LITTLE:
        return _("It begins at %(sum)s.", sum=money(facts["fen"]))
    if reason.code == Misfit.TOO_MUCH:
        return _("It goes up to %(sum)s.", sum=money(facts["fen"]))
    if reason.code == Misfit.TOO_LONG:
        return _("It runs for at most %(n)d months.", n=facts["months"])
    if reason.code == Misfit.GUARANTEE:
        return _("It asks for another guarantee: %(which)s.", which=guarantees(facts["guarantees"]))
    if reason.code == Misfit.ASKED:
        return _("You have asked this institution already.")
    if reason.code == Misfit.CONDITION:
        return _("This condition is not met: %(what)s.", what=facts["what"])
    if reason.code == Misfit.FACT_MISSING:
        return _("Missing for a condition: %(what)s.", what=facts["what"])
    day = say_date(date.fromisoformat(facts["day"]), language())
    if reason.code == Misfit.NOT_YET:
        return _("It is offered from %(day)s on.", day=day)
    return _("It was offered until %(day)s.", day=day)


def say_checked(one: Checked) -> str:
    """Say a condition, and what it lacks."""
    said = say_condition(one.text)
    if one.missing:
        lacks = listed(localized(KINDS[code].name) for code in one.missing if code in KINDS)
        return _("%(condition)s (not known: %(facts)s)", condition=said, facts=lacks)
    return said


def say_yours(one: Checked) -> str:
    """Say the facts of the enterprise that a condition was held to, empty where none is known.

    Money is rounded unless that would seem to meet the condition, or to miss it.
    """
    known = {code: value for (code, back), value in one.known.items() if code in KINDS and not back}
    named = [
        (
            localized(KINDS[code].name),
            say_fact(KINDS[code], value)
            if _holds_rounded(one, code)
            else say_exactly(KINDS[code], value),
        )
        for code, value in known.items()
    ]
    if len(one.known) == 1 and named:
        return _("yours: %(value)s", value=named[0][1])
    return listed(_("%(what)s: %(words)s", what=what, words=words) for what, words in named)


def _holds_rounded(one: Checked, code: str) -> bool:
    """Say whether a condition comes out the same for a sum of money as it is said."""
    value = one.known[code, 0]
    if KINDS[code].type is not FactType.MONEY or not isinstance(value, Decimal):
        return True
    rounded = {**one.known, (code, 0): as_said(value)}
    try:
        return parse(one.text).holds(rounded) is one.holds
    except (Malformed, Missing, Undefined):
        return True


def say_fact(kind: FactKind, value: Value) -> str:
    """Say the value of a fact with its unit, money briefly."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return say_value(kind.code, value)


def facts_by_section(
    facts: Mapping[tuple[str, int], Value],
) -> list[tuple[Words, list[tuple[FactKind, str, str]]]]:
    """Say the newest facts of an enterprise by their sections, its points first: briefly, and money
    exactly, too.
    """
    ordered = sorted(SECTIONS, key=lambda section: section != COMPUTED)
    found = [
        (
            SECTIONS[section],
            [
                (kind, say_fact(kind, facts[code, 0]), say_exactly(kind, facts[code, 0]))
                for code, kind in KINDS.items()
                if kind.section == section and (code, 0) in facts
            ],
        )
        for section in ordered
    ]
    return [(section, known) for section, known in found if known]

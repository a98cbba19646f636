"""What kinds of entries, reasons and troubles are called."""

from __future__ import annotations

from service_portal.kernel.reasons import Reason
from service_portal.money.codes import HIGHEST_BAND, NO_POINTS, MoneyKind, RefusalReason
from service_portal.web.amounts import yuan
from service_portal.web.formatting import day
from service_portal.web.translations import Later
from service_portal.web.translations import gettext as _
from service_portal.web.translations import later as _l
from service_portal.web.translations import later_in as _lp

KINDS: dict[MoneyKind, Later] = {
    MoneyKind.APPLIED: _lp("money", "applied"),
    MoneyKind.REFUSED: _lp("money", "refused"),
    MoneyKind.WITHDRAWN: _lp("money", "withdrawn"),
    MoneyKind.APPROVED: _lp("money", "approved"),
    MoneyKind.CHANGED: _lp("money", "changed"),
    MoneyKind.DRAWN: _lp("money", "drawn"),
    MoneyKind.REPAID: _lp("money", "repaid"),
    MoneyKind.OVERDUE: _lp("money", "overdue"),
    MoneyKind.NON_PERFORMING: _lp("money", "non-performing"),
    MoneyKind.EXPIRED: _lp("money", "expired"),
    MoneyKind.CANCELLED: _lp("money", "cancelled"),
}

REFUSALS: dict[str, Later] = {
    RefusalReason.CREDIT_HISTORY: _l("The credit history does not meet the bank's rules."),
    RefusalReason.REPAYMENT_CAPACITY: _l("The income does not cover the repayments asked for."),
    RefusalReason.OVER_INDEBTED: _l("The enterprise owes too much already."),
    RefusalReason.COLLATERAL: _l("The guarantee or pledge is not enough."),
    RefusalReason.PURPOSE: _l("The bank does not lend for this purpose."),
    RefusalReason.INDUSTRY: _l("The bank does not lend to this industry at present."),
    RefusalReason.TOO_YOUNG: _l("The enterprise has not existed for as long as the bank asks."),
    RefusalReason.DOCUMENTS: _l("Documents are missing or do not agree with each other."),
    RefusalReason.OTHER: _l("Another reason, which the bank explains in its message."),
}


def band_name(band: int) -> str:
    """Say a band of points in tens."""
    if band == HIGHEST_BAND:
        return _("%(n)d or more", n=band * 10)
    return _("no points") if band == NO_POINTS else f"{band * 10}–{band * 10 + 10}"


def say_trouble(reason: Reason) -> str:
    """Say why something can't be booked on a line."""
    facts = reason.facts
    if reason.code == "before_line":
        return _(
            "The line began on %(day)s; nothing can have been paid out before.",
            day=day(facts["from"]),
        )
    if reason.code == "after_line":
        return _(
            "The line ended on %(day)s; nothing is paid out after that. Open a new line.",
            day=day(facts["until"]),
        )
    if reason.code == "above_outstanding":
        return _(
            "On %(day)s %(most)s were outstanding; more can't be repaid.",
            day=day(facts["day"]),
            most=yuan(facts["most"]),
        )
    if reason.code == "above_line":
        return _(
            "On %(day)s %(most)s of the line of %(line)s could still be drawn.",
            day=day(facts["day"]),
            most=yuan(facts["most"]),
            line=yuan(facts["line"]),
        )
    return _(
        "On %(day)s %(used)s of the line were used; it can't be less than that.",
        day=day(facts["day"]),
        used=yuan(facts["used"]),
    )

"""What a line of the money ledger can be, how a bank answers, and why it refuses. Pure."""

from __future__ import annotations

from enum import StrEnum

# Points of requests are told in tens; what is above goes with the highest.
NO_POINTS, HIGHEST_BAND = -1, 9


class MoneyKind(StrEnum):
    """What happened to money.

    The amount of `changed`, `overdue` and `non_performing` is the difference to what was so before.
    """

    APPLIED = "applied"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    APPROVED = "approved"
    CHANGED = "changed"
    DRAWN = "drawn"
    REPAID = "repaid"
    OVERDUE = "overdue"
    NON_PERFORMING = "non_performing"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


# Their amounts are differences and may be below zero.
DIFFERENCES = (MoneyKind.CHANGED, MoneyKind.OVERDUE, MoneyKind.NON_PERFORMING)
# What a bank has a slip of.
SLIPS = (MoneyKind.DRAWN, MoneyKind.REPAID)


class Reply(StrEnum):
    """How a bank answered a request, or that the enterprise took it back."""

    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class RefusalReason(StrEnum):
    """Why a bank refused."""

    CREDIT_HISTORY = "credit_history"
    REPAYMENT_CAPACITY = "repayment_capacity"
    OVER_INDEBTED = "over_indebted"
    COLLATERAL = "collateral"
    PURPOSE = "purpose"
    INDUSTRY = "industry"
    TOO_YOUNG = "too_young"
    DOCUMENTS = "documents"
    OTHER = "other"


class Span(StrEnum):
    """Which time a sum covers; also the unit that `date_trunc` knows."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"


class Cut(StrEnum):
    """By what a kept sum is cut: by nothing, by one thing, or by each of them."""

    ALL = "all"
    INSTITUTION = "institution"
    PRODUCT = "product"
    PARK = "park"
    INDUSTRY = "industry"
    STAGE = "stage"
    EACH = "each"


class Decision(StrEnum):
    """What the second person said to a correction."""

    CONFIRMED = "confirmed"
    DECLINED = "declined"

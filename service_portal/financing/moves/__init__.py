"""What people do to the answers of institutions, in the order of a request's way."""

from __future__ import annotations

from service_portal.financing.moves.answers import (
    ACCEPT_ANSWER,
    ASK_BANKS,
    STOP_WAITING,
    TAKE_BACK,
    WRITE_TO_BANK,
)
from service_portal.financing.moves.deciding import (
    APPROVE_LOAN,
    APPROVE_SHARE,
    REFUSE_LOAN,
    WITHDRAW_ANSWER,
)
from service_portal.financing.moves.taking_up import EXAMINE_LOAN, TAKE_UP_LOAN
from service_portal.tickets.moves.declaration import Act

OF_BANKS = (
    TAKE_UP_LOAN,
    EXAMINE_LOAN,
    APPROVE_LOAN,
    APPROVE_SHARE,
    REFUSE_LOAN,
    WITHDRAW_ANSWER,
)
ACTS: tuple[Act, ...] = (
    ASK_BANKS,
    *OF_BANKS,
    ACCEPT_ANSWER,
    TAKE_BACK,
    STOP_WAITING,
    WRITE_TO_BANK,
)

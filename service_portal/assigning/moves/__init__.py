"""Who does the work: each act in a file of its own."""

from service_portal.assigning.moves.accept_offer import ACCEPT_OFFER
from service_portal.assigning.moves.assign import ASSIGN
from service_portal.assigning.moves.decline_offer import DECLINE_OFFER
from service_portal.assigning.moves.give_case_back import GIVE_CASE_BACK
from service_portal.assigning.moves.hand_over import HAND_OVER
from service_portal.assigning.moves.offer import OFFER
from service_portal.assigning.moves.take_case_back import TAKE_CASE_BACK
from service_portal.assigning.moves.withdraw_offer import WITHDRAW_OFFER

ACTS = (
    OFFER,
    WITHDRAW_OFFER,
    TAKE_CASE_BACK,
    GIVE_CASE_BACK,
    HAND_OVER,
    ASSIGN,
    ACCEPT_OFFER,
    DECLINE_OFFER,
)

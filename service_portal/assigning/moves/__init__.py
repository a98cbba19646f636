"""Who does the work: each act in a file of its own."""

from service_portal.assigning.moves.accept_offer import ACCEPT_OFFER
from service_portal.assigning.moves.assign import ASSIGN
from service_portal.assigning.moves.decline_offer import DECLINE_OFFER
from service_portal.assigning.moves.hand_over import HAND_OVER
from service_portal.assigning.moves.offer import OFFER

ACTS = (OFFER, HAND_OVER, ASSIGN, ACCEPT_OFFER, DECLINE_OFFER)

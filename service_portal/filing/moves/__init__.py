"""What whoever filed a request does with it later, each act in a file of its own."""

from service_portal.filing.moves.resubmit import RESUBMIT
from service_portal.filing.moves.withdraw import WITHDRAW

ACTS = (RESUBMIT, WITHDRAW)

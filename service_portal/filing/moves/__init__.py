"""What is done with a request as it was filed, each act in a file of its own."""

from service_portal.filing.moves.change_service import CHANGE_SERVICE
from service_portal.filing.moves.resubmit import RESUBMIT
from service_portal.filing.moves.split import SPLIT
from service_portal.filing.moves.urge import URGE
from service_portal.filing.moves.withdraw import WITHDRAW

ACTS = (RESUBMIT, CHANGE_SERVICE, SPLIT, URGE, WITHDRAW)

"""What ends a case, each act in a file of its own."""

from service_portal.resolving.moves.answer import ANSWER
from service_portal.resolving.moves.call_back import CALL_BACK
from service_portal.resolving.moves.confirm import CONFIRM
from service_portal.resolving.moves.rate import RATE
from service_portal.resolving.moves.redo import REDO
from service_portal.resolving.moves.reopen import REOPEN

ACTS = (ANSWER, CONFIRM, REDO, REOPEN, RATE, CALL_BACK)

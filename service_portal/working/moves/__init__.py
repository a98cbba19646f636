"""What staff do with a case, each act in a file of its own."""

from service_portal.working.moves.accept import ACCEPT
from service_portal.working.moves.add_note import ADD_NOTE
from service_portal.working.moves.ask_extension import ASK_EXTENSION
from service_portal.working.moves.contact import CONTACT
from service_portal.working.moves.grant_extension import GRANT_EXTENSION
from service_portal.working.moves.hold import HOLD
from service_portal.working.moves.link import LINK
from service_portal.working.moves.merge import MERGE
from service_portal.working.moves.post_message import POST_MESSAGE
from service_portal.working.moves.refuse import REFUSE
from service_portal.working.moves.refuse_extension import REFUSE_EXTENSION
from service_portal.working.moves.resume import RESUME
from service_portal.working.moves.return_ticket import RETURN
from service_portal.working.moves.start import START
from service_portal.working.moves.unlink import UNLINK

ACTS = (
    ACCEPT,
    START,
    RETURN,
    REFUSE,
    RESUME,
    CONTACT,
    HOLD,
    ASK_EXTENSION,
    GRANT_EXTENSION,
    REFUSE_EXTENSION,
    MERGE,
    LINK,
    UNLINK,
    POST_MESSAGE,
    ADD_NOTE,
)

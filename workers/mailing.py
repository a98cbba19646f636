"""Sends the mails that are due, one after the other, one process at a time.

A mail server that hangs blocks one pool process, never all of them; the first mail it does not take ends the
turn, and the next tick tries again.
"""

from __future__ import annotations

from time import monotonic

from service_portal.kernel.alone import alone_at
from service_portal.kernel.clock import now
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.notifications import services
from service_portal.web.mail import Post, is_final

MAILING = 7_001
# Just under the time between two ticks, so that a pile of mails is worked on without a break.
TURN_SECONDS = 4.5


def send_due(*, base_url: str) -> None:
    """Send for some seconds, unless another process is at it."""
    until = monotonic() + TURN_SECONDS
    with alone_at(MAILING) as is_ours, Post() as post:
        while is_ours and monotonic() < until:
            with unit_of_work():
                notification_id = services.claim_mail()
            if notification_id is None or not _send(notification_id, base_url=base_url, post=post):
                return


def _send(notification_id: int, *, base_url: str, post: Post) -> bool:
    """Send one mail, note how it went in a transaction of its own, and say whether to go on."""
    try:
        with unit_of_work():
            services.send_one(notification_id, base_url=base_url, now=now(), post=post)
    except Exception as error:
        with unit_of_work():
            services.note_failure(notification_id, error)
        return is_final(error) or not isinstance(error, OSError)
    return True

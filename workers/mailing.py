"""Sends the mails that are due, one after the other, one process at a time: letters about accounts
and notifications in turn, those that were never tried before those that were refused.

Each is leased and read in transactions that end before the mail server is spoken to, and confirmed
in one that begins after it has answered. A mail server that hangs blocks one pool process, never
all of them. What is about us or the server ends the turn, and the next tick tries again; what is
about one recipient or mail ends nothing, and a domain that puts off one mail after the other rests.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import monotonic

from service_portal.accounts import letters
from service_portal.kernel.alone import alone_at
from service_portal.kernel.clock import now
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.notifications import services as notifications
from service_portal.web.mail import MAIL_SECONDS, Mail, Post
from service_portal.web.mail_domains import domains
from service_portal.web.mail_refusals import Stage, refusal_of
from service_portal.web.transmission import Lease, MailQueue

MAILING = 7_001
# One in so many is the one that is due for longest, tried before or not: who is put off goes on
# while new ones come.
BY_AGE = 5
# Just under the time between two ticks, so that a pile of mails is worked on without a break.
TURN_SECONDS = 4.5
# A letter and a notification are in each turn: a letter that takes all of it keeps nobody else out.
KINDS = 2
# The mails that are in hand when a turn ends may take their time.
MOST_SECONDS = int(TURN_SECONDS) + KINDS * MAIL_SECONDS + 5

Write = Callable[[Lease], Mail | None]


def send_due(*, base_url: str) -> None:
    """Send for some seconds, at least one mail of each kind, unless another process is at it."""
    until = monotonic() + TURN_SECONDS
    with alone_at(MAILING) as is_ours, Post() as post:
        if is_ours:
            with unit_of_work():
                letters.LETTERS.free_lost()
                notifications.MAILS.free_lost()
                notifications.FORMER_MAILS.free_lost()
        place = 0
        while (
            is_ours
            and (place < KINDS or monotonic() < until)
            and send_next(post, base_url=base_url, place=place)
        ):
            place += 1


def send_next(post: Post, *, base_url: str, place: int = 0) -> bool:
    """Send the letter or the notification that is due for longest, whichever has the turn, or else
    the other; say whether to go on.

    `place` is how many were sent before it in this turn.
    """
    written: tuple[MailQueue, Write] = letters.LETTERS, letters.mail_of
    told: list[tuple[MailQueue, Write]] = [
        (notifications.FORMER_MAILS, partial(notifications.former_mail_of, base_url=base_url)),
        (notifications.MAILS, partial(notifications.mail_of, base_url=base_url)),
    ]
    queues = [*told, written] if place % KINDS else [written, *told]
    untried = [(queue.claim_untried, queue, write) for queue, write in queues]
    due = [(queue.claim, queue, write) for queue, write in queues]
    for claim, queue, write in due if place % BY_AGE == BY_AGE - 1 else [*untried, *due]:
        with unit_of_work():
            lease = claim()
        if lease is not None:
            return _send(queue, lease, write, post)
    return False


def _send(queue: MailQueue, lease: Lease, write: Write, post: Post) -> bool:
    """Write, send and confirm one mail; say whether to go on."""
    mail = None
    try:
        with unit_of_work():
            mail = write(lease)
        if mail is None:
            return True
        rest = domains().resting(mail.to, is_first=lease.is_first)
        if rest is not None:
            with unit_of_work():
                queue.put_off(lease, *rest)
            return True
        post.send(mail)
    except Exception as error:
        to = mail.to if mail else ""
        refusal = refusal_of(error, stage=post.stage if mail else Stage.WRITING, to=to)
        domains().note_refused(to, refusal, is_first=lease.is_first)
        with unit_of_work():
            queue.fail(lease, refusal)
        return not refusal.is_about_all
    domains().note_taken(mail.to)
    with unit_of_work():
        queue.confirm(lease, now=now())
    return True

"""A case to which people do this and that by chance, in an order that a seed gives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.assigning.answering import accept_offer, decline_offer, expire_offers
from service_portal.assigning.coming_back import give_back, take_back, withdraw_offer
from service_portal.assigning.offering import offer_waiting
from service_portal.assigning.offering_by_hand import offer_to
from service_portal.filing.services import resubmit_ticket, withdraw_ticket
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.reminding.services import fire_due
from service_portal.resolving.calling_back import call_back
from service_portal.resolving.services import (
    answer_ticket,
    ask_redo,
    confirm_ticket,
    rate_ticket,
    reopen_ticket,
)
from service_portal.sla.queries import working_day
from service_portal.tickets.models import Offer
from service_portal.working.extending import (
    ask_extension,
    grant_extension,
    lapse_extensions,
    refuse_extension,
)
from service_portal.working.holding import hold_ticket, resume_ticket
from service_portal.working.services import (
    accept_ticket,
    post_message,
    record_contact,
    refuse_ticket,
    return_ticket,
    start_work,
)
from tests.factories.tickets import TUESDAY, a_request
from tests.services.taken import Taken, accepted, taken

Deed = tuple[str, Callable[[], Any]]
NAMES = {
    "accept",
    "answer",
    "ask later",
    "call back",
    "confirm",
    "contact",
    "decline",
    "expire",
    "give back",
    "grant",
    "hold",
    "lapse",
    "offer",
    "rate",
    "redo",
    "refuse",
    "refuse later",
    "reopen",
    "reply",
    "resubmit",
    "resume",
    "return",
    "round",
    "start",
    "take",
    "take back",
    "withdraw",
    "withdraw offer",
    "write",
}

# What changes little of a case, or much of its way.
SMALL = {"contact", "expire", "lapse", "reply", "round", "take back", "write"}


class History:
    """A case to which people do this and that, by chance; what is refused changes nothing."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.case: Taken = taken() if seed % 2 else accepted()
        self.at: datetime = TUESDAY
        self.done: list[str] = []

    def go(self) -> None:
        """Do one thing more that is possible now; what leads nowhere more seldom."""
        self.at += timedelta(minutes=self.random.choice((1, 20, 90, 400, 1_500)))
        if self.random.random() < 0.2:
            fire_due(now=self.at)
        acts = [one for one in self._acts() if one[0] not in SMALL or self.random.random() < 0.2]
        self.random.shuffle(acts)
        for name, act in acts:
            try:
                with db.session.begin_nested():
                    act()
            except Refused:
                continue
            self.done.append(name)
            return

    def _acts(self) -> list[Deed]:
        case, at = self.case, self.at
        staff = self.random.choice((case.member, case.lead))
        firm = self.random.choice((case.institution, case.other))
        worker = self.random.choice((staff, firm))
        on: dict[str, Any] = {"ticket_id": case.ticket.id, "now": at}
        open_offer = db.session.scalar(
            sa.select(Offer.id).where(Offer.ticket_id == case.ticket.id, Offer.state == "offered")
        )
        firms: dict[str, Any] = {
            "institution_id": firm.institution_id or 0,
            "reason": "They know it.",
        }
        mine: dict[str, Any] = {"reason_code": "silent", "words": "Nobody answers."}
        ask_next = self.random.random() < 0.5
        said: dict[str, Any] = {
            "level": self.random.choice((None, 1, 3, 5)),
            "verdict": self.random.choice(("solved", "partly", "not_solved")),
            "comment": "",
        }
        acts: list[Deed] = [
            ("accept", partial(accept_ticket, actor=staff, **on)),
            ("return", partial(return_ticket, actor=staff, words="The contract.", **on)),
            (
                "resubmit",
                partial(resubmit_ticket, actor=case.asker, request=a_request(), **on),
            ),
            ("start", partial(start_work, actor=staff, **on)),
            ("offer", partial(offer_to, actor=staff, **firms, **on)),
            ("round", partial(offer_waiting, now=at)),
            ("expire", partial(expire_offers, now=at)),
            (
                "withdraw offer",
                partial(withdraw_offer, actor=staff, reason="", ask_next=ask_next, **on),
            ),
            (
                "take back",
                partial(take_back, actor=staff, ask_next=ask_next, agreed=True, **mine, **on),
            ),
            (
                "give back",
                partial(give_back, actor=firm, reason_code="no_capacity", words="She left.", **on),
            ),
            (
                "hold",
                partial(
                    hold_ticket,
                    actor=worker,
                    reason_code=self.random.choice(("enterprise", "third_party")),
                    words="the licence",
                    **on,
                ),
            ),
            ("resume", partial(resume_ticket, actor=worker, **on)),
            ("ask later", partial(self._ask_later, worker)),
            ("grant", partial(grant_extension, actor=case.lead, **on)),
            ("refuse later", partial(refuse_extension, actor=case.lead, words="No.", **on)),
            ("lapse", partial(lapse_extensions, now=at)),
            ("contact", partial(self._contact, worker)),
            ("write", partial(post_message, actor=worker, body="A word", **on)),
            ("reply", partial(post_message, actor=case.asker, body="A word", **on)),
            ("answer", partial(self._answer, worker)),
            ("redo", partial(ask_redo, actor=case.asker, reason="The annex.", **on)),
            ("confirm", partial(confirm_ticket, actor=case.asker, **said, **on)),
            ("rate", partial(rate_ticket, actor=case.asker, **said, **on)),
            ("call back", partial(call_back, actor=case.lead, note="They wait.", **on)),
            ("reopen", partial(reopen_ticket, actor=case.asker, reason="x", window_days=30, **on)),
        ]
        if self.random.random() < 0.02:
            acts.append(("withdraw", partial(withdraw_ticket, actor=case.asker, reason="", **on)))
        if self.random.random() < 0.4:
            why: dict[str, Any] = {
                "reason_code": "not_completed",
                "words": "The contract did not come.",
            }
            acts.append(("refuse", partial(refuse_ticket, actor=staff, **why, **on)))
        if open_offer is not None:
            of_offer: dict[str, Any] = {"actor": firm, "offer_id": open_offer, "now": at}
            declined: dict[str, Any] = {"reason_code": "no_capacity", "comment": ""}
            acts += [
                ("take", partial(accept_offer, **of_offer)),
                ("take", partial(accept_offer, **of_offer)),
                ("decline", partial(decline_offer, **of_offer, **declined)),
            ]
        return acts

    def _ask_later(self, by: Actor) -> None:
        promised = self.case.now().resolve_due_at
        if promised is None:
            raise Refused("nothing is promised")
        ask_extension(
            actor=by,
            ticket_id=self.case.ticket.id,
            until=working_day(promised, ahead=1),
            reason="The annex.",
            now=self.at,
        )

    def _contact(self, by: Actor) -> None:
        record_contact(
            actor=by,
            ticket_id=self.case.ticket.id,
            channel="phone",
            started_at=self.at,
            minutes=10,
            attendees=1,
            summary="Talked through the contract.",
            evidence_note=self.random.choice(("", "call record")),
            now=self.at,
        )

    def _answer(self, by: Actor) -> None:
        answer_ticket(
            actor=by,
            ticket_id=self.case.ticket.id,
            body="Done, see the slip.",
            outcome=self.random.choice(("resolved", "not_possible")),
            channel="message",
            minutes=0,
            evidence_note="slip",
            now=self.at,
        )

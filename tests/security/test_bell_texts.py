"""What bells and mails say: each message is read as its reader would, by what they may know."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from service_portal.access.actor import SYSTEM
from service_portal.events.catalog import SubjectKind, TicketEvent
from service_portal.events.inbox import Delivery
from service_portal.facts.services import Said, record_decision
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.notifications.mail_queries import promised_before
from service_portal.notifications.models import Notification
from service_portal.notifications.rules import TABLE
from service_portal.notifications.services import tell
from service_portal.notifications.wording import _path, mail_text, sentence
from tests.security.figures import YEAR
from tests.security.watching import Watch


def test_bell_and_mail_say_only_what_their_reader_may_know(watch: Watch) -> None:
    """Every event of every ticket is told; each message is read as its reader would, in the bell
    and as a mail.
    """
    of_tickets = {event.name for event in TicketEvent.__subclasses__()}
    events = [*sorted(TABLE.keys() & of_tickets), "message.posted", "rung.reached"]
    with watch.app.test_request_context():
        db.session.execute(sa.delete(Notification))
        tickets = db.session.execute(
            sa.text("SELECT id, enterprise_id, institution_id FROM ticket")
        ).all()
        messages = {
            row.ticket_id: row.id
            for row in db.session.execute(
                sa.text(
                    "SELECT min(id) AS id, ticket_id FROM message WHERE audience = 'shared' GROUP"
                    " BY ticket_id"
                )
            )
        }
        told = 0
        for number, ticket in enumerate(tickets[::2]):
            for event in events:
                payload: dict[str, Any] = (
                    {"clock": "resolve", "rung": "red"}
                    if event == "rung.reached"
                    else {"message_id": messages[ticket.id]}
                    if event == "message.posted"
                    else {}
                )
                told += tell(
                    [
                        Delivery(
                            number * 1000 + events.index(event) + 1,
                            event,
                            ticket.id,
                            ticket.enterprise_id,
                            payload,
                            1,
                            1,
                        )
                    ],
                    now=now(),
                    host="x",
                )
        assert told > 100
        people = {
            row.id: row.person_id
            for row in db.session.execute(sa.text("SELECT id, person_id FROM membership"))
        }
        known = {
            who.actor.membership_id: who
            for side in watch.world.sides.values()
            for who in side.people.values()
        } | {who.actor.membership_id: who for who in watch.world.zone.values()}
        wrong = []
        for row in db.session.scalars(sa.select(Notification)):
            assert row.membership_id is not None and row.ticket_id is not None
            who = known[row.membership_id]
            assert people[row.membership_id] == row.person_id
            promise = promised_before(row.id)
            to, (subject, body) = promise.email, mail_text(promise, base_url="http://localhost")
            if not watch.readers.sees(who.actor, row.ticket_id):
                wrong.append(
                    f"{row.kind} of ticket {row.ticket_id} is told to {who.role} who may not see it"
                )
            if any(
                not watch.readers.may_read(who.actor, canary)
                for canary in watch.canaries.seen_in(
                    "\n".join([to, subject, body, sentence(row.kind, row.data)])
                ).values()
            ):
                wrong.append(f"{row.kind} says too much to {who.role}: {subject}")
        db.session.rollback()
    assert not wrong, "\n".join(sorted(set(wrong)))


def test_bell_and_mail_say_of_figures_only_what_their_reader_may_know(watch: Watch) -> None:
    """Every figure is decided and found in conflict; each message is read as its reader would, and
    as it would be read by everybody else's roles.
    """
    with watch.app.test_request_context():
        db.session.execute(sa.delete(Notification))
        for side in watch.world.sides.values():
            said = Said(side.enterprise_id, YEAR, "revenue", Decimal(7), note="Because.")
            fact_id = record_decision(said, actor=SYSTEM, now=now())
            about = (SubjectKind.ENTERPRISE, side.enterprise_id)
            told = [("fact.decided", {"fact_id": fact_id}), ("facts.conflicted", {})]
            for number, (event, payload) in enumerate(told):
                source = side.enterprise_id * 10 + number
                of = Delivery(source, event, None, side.enterprise_id, payload, 1, 1, *about)
                assert tell([of], now=now(), host="x") or number
        known = {
            who.actor.person_id: who
            for people in (watch.world.zone, *(s.people for s in watch.world.sides.values()))
            for who in people.values()
        }
        rows = db.session.scalars(sa.select(Notification)).all()
        readers: dict[str, set[str]] = {}
        for row in rows:
            who = known[row.person_id]
            readers.setdefault(row.kind, set()).add(str(who.role))
            promise = promised_before(row.id)
            assert promise.is_visible
            said_to_them = "\n".join(mail_text(promise, base_url="http://localhost"))
            seen = watch.canaries.seen_in(said_to_them).values()
            assert all(watch.readers.may_read(who.actor, canary) for canary in seen)
            if row.kind == "fact.decided":
                assert who.actor.enterprise_id == row.subject_id
                address = urlsplit(f"http://localhost{_path(promise)}").path
                assert who.client.get(address).status_code == 200
            # Nobody else would be shown it, had it come to them.
            for other in known.values():
                row.person_id = other.actor.person_id or 0
                row.source = f"{row.id} to {row.person_id}"
                db.session.flush()
                same = other.actor.enterprise_id == row.subject_id
                decides = str(other.role) in {"manager", "administrator"}
                may = same or (decides and row.kind == "facts.conflicted")
                assert promised_before(row.id).is_visible == may, (row.kind, other.role)
        db.session.rollback()
    assert readers == {
        "fact.decided": {"enterprise_owner"},
        "facts.conflicted": {"manager", "administrator"},
    }

"""Why a ticket went where it went is read in the reader's language, by the names of today."""

from __future__ import annotations

from functools import partial

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.assigning.services import assign_to, assign_waiting
from service_portal.directory.models import Member
from service_portal.kernel.db import db
from service_portal.routing.services import route_waiting
from service_portal.tickets.decisions import decisions_of, say_decision
from service_portal.tickets.models import Decision, Ticket
from tests.factories.accounts import create_person
from tests.factories.directory import create_member
from tests.factories.tickets import TUESDAY, create_ticket
from tests.signing_in import SignIn
from tests.spoken import in_both


@pytest.fixture
def ticket(db_session: None) -> Ticket:
    """A ticket with a station and an owner."""
    create_member(name_en="Chen Jie", name_zh="陈洁")
    made = create_ticket("POL-03")
    route_waiting(now=TUESDAY)
    assign_waiting(now=TUESDAY)
    db.session.expire_all()
    return made


def newest(ticket: Ticket) -> tuple[str, str]:
    """Give the last decision on a ticket in both languages."""
    return in_both(lambda: say_decision(decisions_of(ticket.id)[-1]))


def test_a_decision_keeps_its_code_and_what_was_considered(ticket: Ticket) -> None:
    routed, assigned = db.session.scalars(
        sa.select(Decision).where(Decision.ticket_id == ticket.id).order_by(Decision.id)
    )
    assert routed.reason_code in {"rule", "coverage", "headquarters"}
    assert assigned.reason_code == "least_loaded"
    assert assigned.considered["able"] and assigned.considered["capacity"]


def test_the_release_before_reads_the_same_sentences(ticket: Ticket) -> None:
    for decision in decisions_of(ticket.id):
        said = in_both(partial(say_decision, decision))
        assert said == (decision.words_en, decision.words_zh)


def test_a_decision_of_the_first_release_keeps_its_words(ticket: Ticket) -> None:
    db.session.add(
        Decision(
            ticket_id=ticket.id,
            enterprise_id=ticket.enterprise_id,
            at=TUESDAY,
            kind="assign",
            outcome="person",
            chosen_id=ticket.owner_id,
            words_en="Chen: decided by Lin.",
            words_zh="陈：由林指定。",
            considered={"by": "person"},
        )
    )
    db.session.flush()
    assert newest(ticket) == ("Chen: decided by Lin.", "陈：由林指定。")


def test_a_decision_says_the_name_of_today(ticket: Ticket) -> None:
    db.session.execute(
        sa.update(Member)
        .where(Member.id == ticket.owner_id)
        .values(name_en="Chen Jie-Wu", name_zh="陈洁吾")
    )
    en, zh = newest(ticket)
    assert en.startswith("Chen Jie-Wu: ") and zh.startswith("陈洁吾：")


def test_whoever_decided_is_named_in_the_readers_language(ticket: Ticket) -> None:
    lead = create_person(name_en="Lin Zihan", name_zh="林子涵")
    other = create_member(station_id=ticket.station_id, name_en="Wu", name_zh="吴")
    assign_to(
        # They work in English.
        actor=Actor(
            role=Role.STATION_LEAD,
            person_id=lead.id,
            station_id=ticket.station_id,
            name=lead.name_en,
        ),
        ticket_id=ticket.id,
        member_id=other.id,
        reason="Knows the case.",
        now=TUESDAY,
    )
    assert newest(ticket) == (
        "Wu: decided by Lin Zihan. Knows the case.",
        "吴：由林子涵指定。Knows the case.",
    )


@pytest.mark.parametrize(("locale", "shown"), [("en", "least loaded of"), ("zh", "负荷最低")])
def test_the_page_says_why_in_the_readers_language(
    ticket: Ticket, client_as: SignIn, locale: str, shown: str
) -> None:
    db.session.commit()
    assert shown in client_as(Role.MANAGER, locale=locale).get(f"/tickets/{ticket.id}").text

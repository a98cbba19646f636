"""Who hears of figures, what they read, and that nobody hears of the same again and again."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor, Role
from service_portal.accounts.models import Membership
from service_portal.events.inbox import Delivery
from service_portal.events.models import OutboxRow
from service_portal.facts.rules import Source
from service_portal.facts.services import Said, record_decision, record_fact, record_facts
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.notifications.models import Notification, NotificationDelivery
from service_portal.notifications.services import MAILS, mail_of, tell
from service_portal.people.models import Person
from tests.factories.accounts import create_person
from tests.factories.directory import create_enterprise
from tests.signing_in import SignIn

YEAR = 2025


def somebody(role: Role, *, enterprise_id: int | None = None) -> Actor:
    """Make somebody with a role."""
    person = create_person()
    membership = Membership(person_id=person.id, role=role, enterprise_id=enterprise_id)
    db.session.add(membership)
    db.session.flush()
    return Actor(
        role=role,
        person_id=person.id,
        membership_id=membership.id,
        enterprise_id=enterprise_id,
    )


class Firm:
    """An enterprise, its people, and two who decide."""

    def __init__(self) -> None:
        self.id = create_enterprise().id
        self.owner = somebody(Role.ENTERPRISE_OWNER, enterprise_id=self.id)
        self.clerk = somebody(Role.ENTERPRISE_STAFF, enterprise_id=self.id)
        self.colleague = somebody(Role.ENTERPRISE_STAFF, enterprise_id=self.id)
        self.stranger = somebody(Role.ENTERPRISE_OWNER, enterprise_id=create_enterprise().id)
        self.manager = somebody(Role.MANAGER)
        self.administrator = somebody(Role.ADMINISTRATOR)
        self.auditor = somebody(Role.AUDITOR)

    def state(self, value: int, *, code: str = "revenue", at: datetime | None = None) -> None:
        self.say(value, self.clerk, Source.OWN, code=code, at=at)

    def say(
        self,
        value: int,
        actor: Actor,
        source: Source,
        *,
        code: str = "revenue",
        at: datetime | None = None,
    ) -> None:
        record_fact(
            actor=actor,
            enterprise_id=self.id,
            year=YEAR,
            code=code,
            value=Decimal(value),
            source=source,
            now=at or now(),
        )

    def decide(self, value: int, *, actor: Actor | None = None) -> None:
        said = Said(self.id, YEAR, "revenue", Decimal(value), note="The audit says so.")
        record_decision(said, actor=actor or self.manager, now=now())


@pytest.fixture
def firm(db_session: None) -> Firm:
    """Give an enterprise."""
    return Firm()


def told(*, at: datetime | None = None) -> dict[int, tuple[str, dict[str, Any]]]:
    """Tell of what waits, and give who was promised what by it."""
    rows = db.session.scalars(
        sa.select(OutboxRow)
        .where(OutboxRow.task == "notifications.tell", OutboxRow.done_at.is_(None))
        .order_by(OutboxRow.id)
    ).all()
    before = db.session.scalar(sa.select(sa.func.max(Notification.id))) or 0
    tell(
        [
            Delivery(
                row.id,
                row.event,
                row.ticket_id,
                row.enterprise_id,
                row.payload,
                1,
                1,
                row.subject_kind,
                row.subject_id,
            )
            for row in rows
        ],
        now=at or now(),
        host="portal.example",
    )
    db.session.execute(sa.update(OutboxRow).values(done_at=now()))
    made = db.session.scalars(sa.select(Notification).where(Notification.id > before)).all()
    return {one.person_id: (one.kind, one.data) for one in made}


def ids(*actors: Actor) -> set[int]:
    return {actor.person_id or 0 for actor in actors}


@pytest.mark.parametrize(("value", "verdict"), [(30, "accepted"), (28, "rejected")])
def test_who_stated_a_figure_and_the_owner_hear_how_it_was_decided(
    firm: Firm, value: int, verdict: str
) -> None:
    firm.state(30)
    firm.decide(value)
    found = told()
    assert found.keys() == ids(firm.owner, firm.clerk)
    assert found[firm.clerk.person_id or 0] == (
        "fact.decided",
        {
            "code": "revenue",
            "year": YEAR,
            "verdict": verdict,
            "note": "The audit says so.",
            "party": "enterprise",
        },
    )


def test_a_figure_that_nobody_had_stated_is_told_to_the_owner(firm: Firm) -> None:
    firm.decide(5)
    found = told()
    assert found.keys() == ids(firm.owner)
    assert found[firm.owner.person_id or 0][1]["verdict"] == "first"


def test_a_later_word_does_not_change_what_was_decided(firm: Firm) -> None:
    firm.state(30)
    firm.decide(30)
    firm.state(31)
    decided = [data for kind, data in told().values() if kind == "fact.decided"]
    assert {data["verdict"] for data in decided} == {"accepted"}


def test_who_decides_hears_of_a_conflict_and_not_of_their_own_file(firm: Firm) -> None:
    firm.state(30)
    firm.say(28, firm.administrator, Source.DEPARTMENT)
    found = told()
    assert found.keys() == ids(firm.manager)
    assert found[firm.manager.person_id or 0] == ("facts.conflicted", {"party": "deciders"})


def test_many_conflicts_of_one_file_are_one_message(firm: Firm) -> None:
    codes = ["revenue", "assets", "liabilities", "total_costs"]
    for code in codes:
        firm.state(30, code=code)
    said = [Said(firm.id, YEAR, code, Decimal(28)) for code in codes]
    record_facts(said, actor=firm.administrator, source=Source.DEPARTMENT, now=now())
    told()
    assert db.session.scalar(sa.select(sa.func.count(Notification.id))) == 1


def test_a_conflict_that_is_there_already_is_told_to_nobody(firm: Firm) -> None:
    firm.state(30)
    firm.say(28, firm.administrator, Source.DEPARTMENT)
    told()
    firm.state(31)
    assert told() == {}


def test_who_has_not_read_it_hears_again_after_a_day_only(firm: Firm) -> None:
    at = now()

    def conflict(code: str, at: datetime) -> set[int]:
        firm.state(30, code=code, at=at)
        firm.say(28, firm.administrator, Source.DEPARTMENT, code=code, at=at)
        return set(told(at=at))

    assert conflict("revenue", at) == ids(firm.manager)
    assert conflict("assets", at + timedelta(hours=2)) == set()
    assert conflict("liabilities", at + timedelta(hours=25)) == ids(firm.manager)
    db.session.execute(sa.update(Notification).values(read_at=at))
    assert conflict("total_costs", at + timedelta(hours=26)) == ids(firm.manager)


@pytest.mark.parametrize("enabled", [True, False])
def test_it_comes_by_mail_where_the_reader_has_mail_on(firm: Firm, enabled: bool) -> None:
    db.session.execute(sa.update(Person).values(mail_enabled=enabled))
    firm.state(30)
    firm.decide(28)
    told()
    assert db.session.scalar(sa.select(sa.func.count(NotificationDelivery.id))) == 2 * enabled


@pytest.mark.parametrize(
    ("locale", "subject"),
    [
        ("en", "Your figure is not accepted, another one counts: Revenue 2025."),
        ("zh", "贵企业填报的数据未被采用，以其他数值为准：营业收入 2025。"),
    ],
)
def test_a_mail_says_how_and_why_and_leads_to_the_figure(
    firm: Firm, locale: str, subject: str
) -> None:
    db.session.execute(sa.update(Person).values(locale=locale))
    firm.state(30)
    firm.decide(28)
    told()
    lease = MAILS.claim()
    assert lease is not None
    mail = mail_of(lease, base_url="http://portal.example")
    assert mail is not None and mail.subject == subject
    assert "The audit says so." in mail.body
    assert f"http://portal.example/enterprises/{firm.id}/facts/{YEAR}/revenue" in mail.body


def test_who_has_left_the_enterprise_reads_it_no_longer(firm: Firm) -> None:
    firm.state(30)
    firm.decide(28)
    told()
    db.session.execute(
        sa.update(Membership)
        .where(Membership.enterprise_id == firm.id)
        .values(ended_at=now(), enterprise_id=firm.id)
    )
    while (lease := MAILS.claim()) is not None:
        assert mail_of(lease, base_url="http://portal.example") is None
    assert set(db.session.scalars(sa.select(NotificationDelivery.drop_reason))) == {"role_ended"}


def test_the_bell_shows_the_reason_and_opens_the_figure(firm: Firm, client_as: SignIn) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER, enterprise_id=firm.id)
    manager = client_as(Role.MANAGER)
    firm.state(30)
    firm.say(29, firm.administrator, Source.DEPARTMENT)
    firm.decide(28)
    told()
    db.session.commit()
    page = owner.get("/notifications").text
    assert "The audit says so." in page
    assert f'href="/enterprises/{firm.id}/facts/{YEAR}/revenue"' in page
    page = manager.get("/notifications").text
    assert "Sources say different figures" in page and 'href="/facts/conflicts"' in page

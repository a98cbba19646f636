"""An enterprise's wishes decide which institution is asked first, and which is never asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.access.actor import Actor
from service_portal.assigning.offerable import institutions_by_case
from service_portal.assigning.offering import offer_waiting
from service_portal.directory import wishing
from service_portal.directory.models import (
    EnterpriseExclusion,
    EnterprisePreference,
    Institution,
    InterestConflict,
)
from service_portal.directory.wished import others_for, wishes_of
from service_portal.directory.wishing import Wish, wish
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.tickets.decisions import decisions_of, say_decision
from tests.factories.directory import create_institution
from tests.factories.tickets import TUESDAY, enterprise_actor
from tests.services.taken import Taken, accepted

SOON = TUESDAY + timedelta(minutes=5)


@pytest.fixture
def case(db_session: None) -> Taken:
    """A case that two institutions could take; the first has been waiting longer."""
    case = accepted()
    asked = sa.update(Institution).where(Institution.id == case.other.institution_id)
    db.session.execute(asked.values(last_offered_at=TUESDAY))
    return case


def say(case: Taken, of: Actor, said: Wish) -> None:
    """Let the enterprise wish something of an institution."""
    wish(actor=case.asker, institution_id=of.institution_id or 0, wish=said)


def asked(case: Taken) -> list[int]:
    """Let the pool ask, and list whom."""
    offer_waiting(now=SOON)
    return [one.institution_id for one in case.offers()]


def test_a_preferred_institution_is_asked_first(case: Taken) -> None:
    say(case, case.other, Wish.PREFER)
    assert asked(case) == [case.other.institution_id]


def test_without_a_wish_it_is_the_one_that_waits_longest(case: Taken) -> None:
    assert asked(case) == [case.institution.institution_id]


def test_the_decision_says_so(case: Taken, app: Any) -> None:
    say(case, case.other, Wish.PREFER)
    asked(case)
    made = decisions_of(case.ticket.id)[-1]
    assert made.considered["preferred_count"] == 1
    with app.test_request_context():
        assert "the enterprise prefers it" in say_decision(made)


@pytest.mark.parametrize("hindrance", ["full", "conflict", "excluded"])
def test_one_that_cannot_take_it_is_not_asked_for_being_preferred(
    case: Taken, hindrance: str
) -> None:
    say(case, case.other, Wish.PREFER)
    pair = {
        "enterprise_id": case.ticket.enterprise_id,
        "institution_id": case.other.institution_id,
    }
    if hindrance == "full":
        full = sa.update(Institution).where(Institution.id == case.other.institution_id)
        db.session.execute(full.values(capacity_points=0))
    else:
        model = InterestConflict if hindrance == "conflict" else EnterpriseExclusion
        more = {"declared_at": TUESDAY} if hindrance == "conflict" else {}
        db.session.execute(sa.insert(model).values(**pair, **more))
    assert asked(case) == [case.institution.institution_id]


def test_an_excluded_one_is_never_asked(case: Taken) -> None:
    say(case, case.institution, Wish.EXCLUDE)
    say(case, case.other, Wish.EXCLUDE)
    assert asked(case) == [] and case.now().waiting_reason == "no_institution"


def test_people_are_told_why_they_cannot_offer_it_to_an_excluded_one(case: Taken) -> None:
    say(case, case.other, Wish.EXCLUDE)
    with pytest.raises(Refused, match="does not want this institution"):
        case.offer(case.other)


def test_who_offers_by_hand_sees_the_preferred_first_and_no_excluded(case: Taken) -> None:
    third = create_institution(services=("LEG-02",))
    say(case, case.institution, Wish.EXCLUDE)
    wish(actor=case.asker, institution_id=third.id, wish=Wish.PREFER)
    able = institutions_by_case([case.now()])[case.ticket.id]
    assert able[0].id == third.id and able[0].is_preferred
    assert case.institution.institution_id not in {one.id for one in able}


def test_a_wish_takes_the_place_of_the_one_before(case: Taken) -> None:
    enterprise_id = case.ticket.enterprise_id
    for said, kept in (
        (Wish.PREFER, ["prefer"]),
        (Wish.PREFER, ["prefer"]),
        (Wish.EXCLUDE, ["exclude"]),
        (Wish.NONE, []),
    ):
        say(case, case.other, said)
        assert [row.wish for row in wishes_of(enterprise_id)] == kept


def test_wishes_are_the_enterprises_own(case: Taken) -> None:
    elsewhere = enterprise_actor()
    say(case, case.other, Wish.PREFER)
    wish(actor=elsewhere, institution_id=case.other.institution_id or 0, wish=Wish.NONE)
    assert len(wishes_of(case.ticket.enterprise_id)) == 1
    assert list(wishes_of(elsewhere.enterprise_id or 0)) == []


def test_what_is_wished_of_is_not_offered_to_choose_again(case: Taken) -> None:
    enterprise_id = case.ticket.enterprise_id
    name = db.session.get_one(Institution, case.other.institution_id).name_en
    assert case.other.institution_id in {row.id for row in others_for(enterprise_id, name)}
    say(case, case.other, Wish.PREFER)
    assert case.other.institution_id not in {row.id for row in others_for(enterprise_id, name)}


@pytest.mark.parametrize("name", ["%", "_", "\\", "100%_\\"])
def test_signs_of_patterns_are_only_signs(case: Taken, name: str) -> None:
    assert list(others_for(case.ticket.enterprise_id, name)) == []


@pytest.mark.parametrize(
    ("institution", "said", "field"),
    [(0, "prefer", "institution"), (None, "love", "wish")],
)
def test_what_is_no_wish_is_refused(
    case: Taken, institution: int | None, said: str, field: str
) -> None:
    of = case.other.institution_id or 0 if institution is None else institution
    with pytest.raises(Refused) as refused:
        wish(actor=case.asker, institution_id=of, wish=said)
    assert refused.value.field == field


def test_one_that_left_the_pool_can_only_be_forgotten(case: Taken) -> None:
    say(case, case.other, Wish.PREFER)
    left = sa.update(Institution).where(Institution.id == case.other.institution_id)
    db.session.execute(left.values(status="suspended"))
    db.session.expire_all()
    with pytest.raises(Refused):
        say(case, case.other, Wish.EXCLUDE)
    say(case, case.other, Wish.NONE)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(EnterprisePreference)) == 0


def test_there_are_only_so_many_wishes(case: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wishing, "MOST_WISHES", 1)
    say(case, case.other, Wish.PREFER)
    with pytest.raises(Refused):
        say(case, case.institution, Wish.PREFER)

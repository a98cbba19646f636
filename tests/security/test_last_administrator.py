"""A zone is never left without an administrator, however it is tried and whoever tries at once."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Role
from service_portal.accounts import services
from service_portal.accounts.models import Membership
from service_portal.accounts.queries import acting_as
from service_portal.kernel.clock import now
from service_portal.kernel.db import constraint_of, db
from service_portal.kernel.errors import Conflict
from service_portal.kernel.unit_of_work import unit_of_work
from service_portal.people.models import Person
from tests.factories.accounts import create_person
from tests.signing_in import SignedIn, SignIn

ADMINISTRATORS = sa.text("""
    SELECT count(*) FROM membership AS m JOIN person AS p ON p.id = m.person_id AND p.active
    WHERE m.role = 'administrator' AND m.ended_at IS NULL
""")
ONLY = (
    "UPDATE membership SET ended_at = clock_timestamp() WHERE role = 'administrator' AND id <> :id"
)


def administrators() -> int:
    return int(db.session.scalar(ADMINISTRATORS) or 0)


@pytest.fixture
def only(client_as: SignIn) -> SignedIn:
    """The only administrator, signed in."""
    client = client_as(Role.ADMINISTRATOR)
    db.session.execute(sa.text(ONLY), {"id": client.actor.membership_id})
    db.session.commit()
    assert administrators() == 1
    return client


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE membership SET ended_at = clock_timestamp() WHERE id = :membership",
        "UPDATE membership SET role = 'manager' WHERE id = :membership",
        "UPDATE membership SET person_id = :other WHERE id = :membership",
        "UPDATE person SET active = false WHERE id = :person",
        "UPDATE person SET active = false",
        "UPDATE membership SET ended_at = clock_timestamp() WHERE ended_at IS NULL",
    ],
)
def test_no_statement_takes_the_last_administrator_away(only: SignedIn, statement: str) -> None:
    other = create_person(active=False)
    db.session.commit()
    facts = {
        "membership": only.actor.membership_id,
        "person": only.person.id,
        "other": other.id,
    }
    with pytest.raises(sa.exc.IntegrityError) as refused, db.session.begin_nested():
        db.session.execute(sa.text(statement), facts)
    assert constraint_of(refused.value) == "last_administrator"
    assert administrators() == 1


def test_an_administrator_out_of_use_does_not_count(app: Flask, only: SignedIn) -> None:
    idle = create_person(active=False)
    db.session.add(Membership(person_id=idle.id, role=Role.ADMINISTRATOR))
    db.session.commit()
    with pytest.raises(Conflict), unit_of_work():
        services.set_active(only.person.id, active=False, now=now())


def test_the_page_says_why_the_last_administrator_stays(only: SignedIn, client_as: SignIn) -> None:
    second = client_as(Role.ADMINISTRATOR)
    path = "/organisation/people/{}/end"
    assert second.post(path.format(only.actor.membership_id)).status_code == 302
    refused = second.post(path.format(second.actor.membership_id))
    assert refused.status_code == 422 and "own role" in refused.text
    locked = second.post(f"/admin/people/{second.actor.person_id}/active", data={"active": "0"})
    assert locked.status_code == 422
    assert administrators() == 1


def test_whoever_has_two_roles_cannot_end_the_last_one_by_the_other(
    only: SignedIn, client_as: SignIn
) -> None:
    """An administrator who is also a manager goes on as an administrator."""
    twice = client_as(Role.MANAGER, person=only.person)
    assert twice.post(f"/organisation/people/{only.actor.membership_id}/end").status_code == 403
    assert administrators() == 1


@pytest.mark.parametrize("way", ["role", "person", "both ways"])
def test_two_who_remove_each_other_at_once_leave_one(fresh_app: Flask, way: str) -> None:
    with fresh_app.app_context():
        memberships = []
        for _ in range(2):
            person = create_person()
            memberships.append(Membership(person_id=person.id, role=Role.ADMINISTRATOR))
        db.session.add_all(memberships)
        db.session.flush()
        db.session.execute(
            sa.text(
                "UPDATE membership SET ended_at = clock_timestamp() WHERE role = 'administrator'"
                " AND id <> ALL(:ids)"
            ),
            {"ids": [membership.id for membership in memberships]},
        )
        db.session.commit()
        pairs = [(membership.id, membership.person_id) for membership in memberships]
        assert administrators() == 2
    for _ in range(8):
        outcomes = _both_at_once(fresh_app, pairs, way)
        assert sorted(outcomes) == ["done", "refused"], outcomes
        with fresh_app.app_context():
            assert administrators() == 1
            db.session.execute(
                sa.update(Membership)
                .where(Membership.id.in_([one for one, _ in pairs]))
                .values(ended_at=None)
            )
            db.session.execute(
                sa.update(Person)
                .where(Person.id.in_([one for _, one in pairs]))
                .values(active=True)
            )
            db.session.commit()


def _both_at_once(app: Flask, pairs: list[tuple[int, int]], way: str) -> list[str]:
    barrier, outcomes = Barrier(2), []

    def remove(number: int) -> None:
        (_, own_id), (hat_id, person_id) = pairs[number], pairs[1 - number]
        with app.test_request_context():
            actor = acting_as(db.session.get_one(Person, own_id))
            assert actor is not None
            db.session.rollback()
            barrier.wait()
            try:
                with unit_of_work():
                    if way == "role" or (way == "both ways" and number == 0):
                        services.end_membership(hat_id, actor=actor, now=now())
                    else:
                        services.set_active(person_id, active=False, now=now())
            except Conflict:
                outcomes.append("refused")
            else:
                outcomes.append("done")

    threads = [Thread(target=remove, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes

"""Which addresses of the first release count as verified:
those that no inviter could have made up.
"""

from __future__ import annotations

from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location

import sqlalchemy as sa

from service_portal.access.actor import Role
from service_portal.accounts.models import Invitation, Membership
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.people.models import Person
from tests.architecture.source import ROOT
from tests.factories.accounts import create_person
from tests.factories.directory import create_enterprise


def _joined_by(inviter: Person, *, accepted: bool = True) -> Person:
    person = create_person()
    db.session.add(
        Invitation(
            email=person.email,
            role=Role.ENTERPRISE_STAFF,
            enterprise_id=create_enterprise().id,
            token_hash=person.fs_uniquifier,
            invited_by_id=inviter.id,
            created_at=now(),
            expires_at=now() + timedelta(days=7),
            accepted_at=now() if accepted else None,
        )
    )
    return person


def test_only_those_whose_inviter_saw_the_link_are_not_verified(db_session: None) -> None:
    owner, administrator, auditor = create_person(), create_person(), create_person()
    db.session.add(Membership(person_id=administrator.id, role=Role.ADMINISTRATOR))
    by_owner, by_administrator = _joined_by(owner), _joined_by(administrator)
    waiting = _joined_by(owner, accepted=False)
    by_both = _joined_by(owner)
    db.session.flush()
    again = sa.select(Invitation).where(Invitation.email == by_both.email)
    first = db.session.scalars(again).one()
    db.session.add(
        Invitation(
            email=by_both.email,
            role=Role.AUDITOR,
            token_hash="another",
            invited_by_id=administrator.id,
            created_at=first.created_at,
            expires_at=first.expires_at,
            accepted_at=now(),
        )
    )
    db.session.commit()

    (path,) = (ROOT / "migrations" / "versions").glob("*_scopes_and_verified_addresses.py")
    spec = spec_from_file_location("verified_addresses", path)
    assert spec is not None and spec.loader is not None
    migration = module_from_spec(spec)
    spec.loader.exec_module(migration)
    db.session.execute(sa.text(migration.UNVERIFIED))
    people = [owner, administrator, auditor, by_owner, by_administrator, waiting, by_both]
    wanted = sa.select(Person.id).where(
        Person.id.in_([one.id for one in people]), Person.confirmed_at.is_(None)
    )
    assert db.session.scalars(wanted).all() == [by_owner.id]

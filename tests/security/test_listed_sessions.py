"""One's sessions are listed, and ended one by one or with a role."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from service_portal.access.actor import Role
from service_portal.accounts.models import PersonSession
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from tests.clock import SetClock
from tests.signing_in import SignIn, open_session


def test_ones_sessions_are_listed_in_words_and_ended_one_by_one(
    app: Flask, client_as: SignIn
) -> None:
    here = client_as(Role.MANAGER)
    there, elsewhere = app.test_client(), app.test_client()
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) MicroMessenger/8.0"
    open_session(there, here.person, agent=phone)
    open_session(elsewhere, here.person)
    page = here.get("/settings").text
    assert "WeChat on iPhone" in page and "this one" in page and "127.0.0.1" in page
    number = db.session.scalar(sa.select(PersonSession.id).where(PersonSession.agent == phone))
    assert here.post(f"/settings/sessions/{number}/end").status_code == 302
    assert there.get("/counts").status_code == 302
    assert elsewhere.get("/counts").status_code == 200
    assert here.post("/settings/sessions/end-others").status_code == 302
    assert elsewhere.get("/counts").status_code == 302
    assert here.get("/counts").status_code == 200


def test_nobody_ends_a_session_of_somebody_else(app: Flask, client_as: SignIn) -> None:
    victim, other = client_as(Role.MANAGER), client_as(Role.ADMINISTRATOR)
    number = db.session.scalar(
        sa.select(PersonSession.id).where(PersonSession.person_id == victim.person.id)
    )
    foreign = other.post(f"/settings/sessions/{number}/end")
    assert foreign.status_code == other.post("/settings/sessions/799999999/end").status_code == 404
    assert victim.get("/counts").status_code == 200


def test_a_last_use_is_written_now_and_then(app: Flask, client_as: SignIn, clock: SetClock) -> None:
    moment = now()
    clock(moment)
    client = client_as(Role.MANAGER)
    used = sa.select(PersonSession.last_used_at).where(PersonSession.person_id == client.person.id)
    clock(moment + timedelta(minutes=4))
    client.get("/counts")
    assert db.session.scalar(used) == moment
    clock(moment + timedelta(minutes=6))
    client.get("/counts")
    assert db.session.scalar(used) == moment + timedelta(minutes=6)


def test_with_a_role_every_session_of_its_owner_ends(app: Flask, client_as: SignIn) -> None:
    owner, administrator = client_as(Role.MANAGER), client_as(Role.ADMINISTRATOR)
    path = f"/organisation/people/{owner.actor.membership_id}/end"
    assert administrator.post(path).status_code == 302
    left = (
        sa.select(sa.func.count())
        .select_from(PersonSession)
        .where(PersonSession.person_id == owner.person.id, PersonSession.ended_at.is_(None))
    )
    assert db.session.scalar(left) == 0

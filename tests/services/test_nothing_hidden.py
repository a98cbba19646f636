"""What is done again and again in the security log's sight hides nothing else from it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from flask_security.utils import hash_password

from service_portal.access.actor import Role
from service_portal.accounts.tokens import make_token
from service_portal.audit import services
from service_portal.audit.models import SecurityEntry
from service_portal.audit.rules import ONE_BY_ONE, Kind
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.web.pacing import MOST_EXPORTS
from service_portal.web.reading import LONGEST_FILTER, MOST_NAMES
from tests.signing_in import SignIn

HARMLESS = "/admin/log/export.csv?from=2099-01-01"


def written(kind: Kind) -> Sequence[SecurityEntry]:
    query = sa.select(SecurityEntry).where(SecurityEntry.kind == kind)
    return db.session.scalars(query.order_by(SecurityEntry.id)).all()


def _fill_up(auditor: FlaskClient) -> None:
    for _ in range(ONE_BY_ONE[Kind.EXPORTED] + 1):
        assert auditor.get(HARMLESS).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/admin/log/export.csv",
        "/admin/log/export.csv?from=2099-01-01&from=2000-01-01",
        "/counts/export.csv?by=enterprise",
        "/counts/export.xlsx",
    ],
)
def test_an_export_is_noted_however_many_others_came_before(client_as: SignIn, path: str) -> None:
    auditor = client_as(Role.AUDITOR)
    _fill_up(auditor)
    before = len(written(Kind.EXPORTED))
    assert auditor.get(path).status_code == 200
    assert len(written(Kind.EXPORTED)) == before + 1


@pytest.mark.parametrize("pad", [" ", "0"])
def test_what_narrows_an_export_is_what_the_log_says(client_as: SignIn, pad: str) -> None:
    auditor = client_as(Role.AUDITOR)
    station = {"station": pad * 400 + "3", "from": "2026-01"}
    assert auditor.get("/counts/export.csv", query_string=station).status_code == 200
    wanted = written(Kind.EXPORTED)[-1].details["wanted"]
    assert wanted == {"station": station["station"].strip()[:LONGEST_FILTER], "from": "2026-01"}


def test_nobody_fills_the_log_with_exports(client_as: SignIn) -> None:
    auditor = client_as(Role.AUDITOR)
    answers = [
        auditor.get(f"/counts/export.csv?unknown={n}").status_code for n in range(MOST_EXPORTS + 3)
    ]
    assert answers == [200] * MOST_EXPORTS + [429] * 3
    assert len(written(Kind.EXPORTED)) == MOST_EXPORTS
    other = client_as(Role.AUDITOR)
    assert other.get("/counts/export.csv").status_code == 200


def test_a_refusal_is_noted_whatever_its_address_says(client_as: SignIn) -> None:
    member = client_as(Role.STATION_MEMBER)
    assert member.get("/admin/directory/zz%00").status_code == 403
    assert [one.details["named"] for one in written(Kind.REFUSED)] == [{"kind_name": "zz"}]


def test_counts_taken_by_a_program_are_noted_however_many_others_came_before(
    client: FlaskClient, client_as: SignIn
) -> None:
    auditor = client_as(Role.AUDITOR)
    token = make_token(actor=auditor.actor, name="program", days=3, now=now())
    db.session.commit()
    _fill_up(auditor)
    headers = {"Authorization": f"Bearer {token}"}
    for group in ("station", "month"):
        path = f"/api/v1/usage?group_by={group}"
        assert client.get(path, headers=headers).status_code == 200
        assert written(Kind.EXPORTED)[-1].details["wanted"] == {"group_by": group}


def test_the_very_same_export_again_is_counted(client_as: SignIn) -> None:
    auditor = client_as(Role.AUDITOR)
    _fill_up(auditor)
    # One more where the next ten minutes begin meanwhile.
    assert len(written(Kind.EXPORTED)) in {ONE_BY_ONE[Kind.EXPORTED], ONE_BY_ONE[Kind.EXPORTED] + 1}


def test_all_that_an_export_was_narrowed_to_is_kept(client_as: SignIn) -> None:
    assert client_as(Role.AUDITOR).get("/counts/export.csv?by=park&by=month").status_code == 200
    assert written(Kind.EXPORTED)[-1].details["wanted"] == {"by": "park, month"}


def test_no_crowd_of_names_hides_what_was_exported(client_as: SignIn) -> None:
    crowd = "&".join(f"a{number}=1" for number in range(40))
    client_as(Role.AUDITOR).get(f"/counts/export.csv?{crowd}&by=enterprise")
    assert written(Kind.EXPORTED)[-1].details["wanted"]["by"] == "enterprise"


def test_names_beyond_what_the_log_holds_narrow_nothing(client_as: SignIn) -> None:
    auditor, crowd = client_as(Role.AUDITOR), "&".join(f"a{n}=1" for n in range(MOST_NAMES))
    plain = auditor.get("/counts/export.csv").text
    assert auditor.get(f"/counts/export.csv?{crowd}&by=enterprise").text == plain


def test_refused_tokens_that_begin_like_a_persons_hide_no_wrong_password_of_theirs(
    client: FlaskClient, client_as: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_ABOUT_ONE", 3)
    mine = client_as(Role.AUDITOR)
    token = make_token(actor=mine.actor, name="program", days=3, now=now())
    db.session.commit()
    headers = {"Authorization": f"Bearer {token[:8]}{'A' * 38}"}
    for number in range(8):
        place = {"REMOTE_ADDR": f"10.0.5.{number}"}
        refused = client.get("/api/v1/tickets", headers=headers, environ_base=place)
        assert refused.status_code == 401
    said = {"email": mine.person.email, "password": "a-wrong-password-1"}
    client.post("/sign-in", data=said)
    last = written(Kind.SIGN_IN_FAILED)[-1]
    assert last.details["by"] == "security.login" and last.object_id == str(mine.person.id)


@pytest.mark.parametrize("path", ["/invitation/a-guess-1", "/reset-password/a-guess-1"])
def test_a_strangers_guess_at_a_link_is_noted_without_it(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in {302, 404}
    (missing,) = written(Kind.MISSING)
    assert missing.person_id is None
    assert missing.details["route"].startswith(path.rpartition("/")[0])
    assert "a-guess" not in str(missing.details)


@pytest.mark.parametrize("path", ["/invitation/x", "/reset-password/x"])
def test_strangers_guesses_at_links_do_not_fill_it(
    client: FlaskClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_OF_STRANGERS", 3)
    for number in range(9):
        client.get(f"{path}{number}", environ_base={"REMOTE_ADDR": f"10.0.6.{number}"})
    # Up to twice as many when the next ten minutes begin meanwhile.
    assert 3 <= len(written(Kind.MISSING)) <= 6


def test_the_page_where_letters_are_asked_for_is_no_guess(client: FlaskClient) -> None:
    assert client.get("/reset-password").status_code == 200
    client.post("/reset-password", data={"email": "nobody@example.org"})
    assert written(Kind.MISSING) == []


def test_a_sign_in_from_elsewhere_is_noted_however_many_came_before(
    client: FlaskClient, client_as: SignIn
) -> None:
    person = client_as(Role.AUDITOR).person
    password = "the-right-password-1"
    person.password = hash_password(password)
    db.session.commit()
    said = {"email": person.email, "password": password}
    for _ in range(ONE_BY_ONE[Kind.SIGNED_IN] + 1):
        client.post("/sign-in", data=said)
        client.post("/sign-out")
    client.post("/sign-in", data=said, environ_base={"REMOTE_ADDR": "10.0.7.1"})
    assert written(Kind.SIGNED_IN)[-1].address == "10.0.7.1"

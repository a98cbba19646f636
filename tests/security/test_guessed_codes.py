"""Nobody guesses a code, from however many machines; and nobody who tries keeps its owner out."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from service_portal.accounts.limit_rules import (
    CODES_FROM_ONE_PLACE,
    CODES_OF_STRANGERS,
    GUESSES_FROM_ONE_PLACE,
    LONGEST,
)
from service_portal.accounts.limits import spend, uses
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.people.models import Person
from service_portal.web.models import Throttle
from tests.phones import LATER, PASSWORD, Owner, enter, letter_token
from tests.web.test_passwords import take_letters
from workers.tasks.housekeeping import _FORGET

HERE = CODES_FROM_ONE_PLACE[0].most
OWN = GUESSES_FROM_ONE_PLACE[0].most


def guess(
    client: FlaskClient, *, kind: str = "code", code: str = "1", machine: str = "127.0.0.1"
) -> int:
    """Try a code after the right password; 200 and 302 say that it was looked at."""
    place = {"REMOTE_ADDR": machine}
    return client.post(f"/sign-in/{kind}", data={"code": code}, environ_base=place).status_code


def thief(zone: Flask, person: Person) -> FlaskClient:
    """Somebody else who knows the password, in a browser of their own."""
    client = zone.test_client()
    enter(client, person)
    return client


def use_up(person: Person, *, kind: str = "two_factor_token_validation") -> None:
    """Leave nothing of what all strangers may try."""
    for _ in range(CODES_OF_STRANGERS[0].most):
        spend(uses(f"security.{kind}:person {person.id}", CODES_OF_STRANGERS), now=now())
    db.session.commit()


@pytest.fixture
def mine(zone: Flask, owner: Owner) -> FlaskClient:
    """The owner's browser: they have signed in with it and out again."""
    person, phone, _codes = owner
    client = zone.test_client()
    enter(client, person)
    assert guess(client, code=phone.code(LATER)) == 302
    assert client.post("/sign-out").status_code == 302
    db.session.execute(sa.update(Person).values(tf_last_counter=None))
    db.session.commit()
    return client


def test_one_machine_tries_few_codes(zone: Flask, owner: Owner) -> None:
    tried = Counter(guess(thief(zone, owner[0])) for _ in range(12))
    assert tried == {200: HERE, 429: 12 - HERE}


def test_all_machines_together_try_few_codes(zone: Flask, owner: Owner) -> None:
    most, person = CODES_OF_STRANGERS[0].most, owner[0]
    client = thief(zone, person)
    tried = Counter(guess(client, machine=f"10.0.0.{number}") for number in range(most + 10))
    assert tried == {200: most, 429: 10}


def test_what_a_day_refuses_uses_up_nothing_of_the_month(db_session: None) -> None:
    begin, (day, month) = now(), CODES_OF_STRANGERS
    key = uses("code:somebody", CODES_OF_STRANGERS)
    for _ in range(month.most + 10):
        spend(key, now=begin)
    assert spend(key, now=begin + day.window) == 0


def test_codes_of_a_whole_year_find_the_right_one_once_in_hundreds_of_years(
    db_session: None,
) -> None:
    # Windows follow each other from the epoch on.
    begin = datetime.fromtimestamp(600 * LONGEST.total_seconds(), UTC)
    key, looked_at = uses("code:somebody", CODES_OF_STRANGERS), 0
    for number in range(120):
        looked_at += not spend(key, now=begin + number * LONGEST / 120)
    # Of a million codes three are right: the present one, the one before and the next.
    found = 1 - (1 - 3e-6) ** (looked_at * 365 / LONGEST.days)
    assert looked_at == CODES_OF_STRANGERS[1].most and found < 0.0025


def test_what_is_counted_for_a_month_is_kept_for_a_month(db_session: None) -> None:
    today, named = datetime.now(UTC), f"{LONGEST.total_seconds():.0f}"
    ages = {f"here:{named}": 10, f"over:{named}": 31, "short:86400": 10}
    for key, days in ages.items():
        db.session.add(Throttle(key=key, window_at=today - timedelta(days=days), hits=1))
    db.session.flush()
    db.session.execute(_FORGET)
    assert set(db.session.scalars(sa.select(Throttle.key))) & ages.keys() == {f"here:{named}"}


def test_wrong_codes_of_others_keep_no_owner_out_of_a_browser_of_theirs(
    zone: Flask, owner: Owner, mine: FlaskClient
) -> None:
    person, phone, _codes = owner
    use_up(person)
    assert guess(thief(zone, person), machine="10.0.0.9") == 429
    enter(mine, person)
    assert guess(mine, code=phone.code(LATER)) == 302


def test_a_known_browser_may_not_try_codes_for_ever(owner: Owner, mine: FlaskClient) -> None:
    enter(mine, owner[0])
    tried = Counter(guess(mine, machine=f"10.1.0.{number}") for number in range(OWN + 5))
    assert tried == {200: OWN, 429: 5}


def test_wrong_codes_of_others_leave_a_recovery_code_as_it_is(zone: Flask, owner: Owner) -> None:
    person, phone, codes = owner
    use_up(person)
    client = thief(zone, person)
    refused = client.post("/sign-in/code", data={"code": phone.code(LATER)})
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0
    assert "one of your recovery codes" in refused.text
    assert guess(client, kind="recovery-code", code=codes[0]) == 302


def test_wrong_recovery_codes_of_others_leave_the_right_one_as_it_is(
    zone: Flask, owner: Owner
) -> None:
    person, _phone, codes = owner
    for number in range(CODES_OF_STRANGERS[0].most + 1):
        other = thief(zone, person)
        assert guess(other, kind="recovery-code", machine=f"10.2.0.{number}") == 200
    assert guess(thief(zone, person), kind="recovery-code", code=codes[0]) == 302


def test_one_machine_tries_few_recovery_codes(zone: Flask, owner: Owner) -> None:
    client = thief(zone, owner[0])
    tried = Counter(guess(client, kind="recovery-code") for _ in range(OWN + 5))
    assert tried == {200: OWN, 429: 5}


def _follow_a_letter(zone: Flask, person: Person) -> FlaskClient:
    token = letter_token(zone, person)
    client = zone.test_client()
    said = {"password": PASSWORD, "password_confirm": PASSWORD}
    assert client.post(f"/reset-password/{token}", data=said).status_code == 302
    enter(client, person)
    return client


def test_a_letters_link_makes_no_browser_known_to_the_second_step(
    zone: Flask, owner: Owner
) -> None:
    person, phone, _codes = owner
    use_up(person)
    client = _follow_a_letter(zone, person)
    assert guess(client, code=phone.code(LATER)) == 429


def test_wrong_codes_count_on_after_a_new_password_by_letter(zone: Flask, owner: Owner) -> None:
    person, phone, _codes = owner
    client = thief(zone, person)
    for _ in range(HERE):
        assert guess(client) == 200
    again = _follow_a_letter(zone, person)
    assert guess(again, code=phone.code(LATER)) == 429


def test_who_passes_uses_up_no_tries(zone: Flask, owner: Owner) -> None:
    person, _phone, codes = owner
    for code in codes[:HERE]:
        assert guess(thief(zone, person), kind="recovery-code", code=code) == 302
    used = sa.select(sa.func.max(Throttle.hits)).where(Throttle.key.like("security.mf_rec%"))
    assert db.session.scalar(used) == 0


NEW_PASSWORD = "another-long-password-2"


def choose_anew(client: FlaskClient) -> None:
    """Choose a new password in the settings."""
    said = {
        "password": PASSWORD,
        "new_password": NEW_PASSWORD,
        "new_password_confirm": NEW_PASSWORD,
    }
    assert client.post("/settings/password", data=said).status_code == 302


def use_up_a_month(person: Person) -> None:
    """Leave nothing of what all strangers may try in this window of thirty days."""
    name = f"security.two_factor_token_validation:person {person.id}"
    month = CODES_OF_STRANGERS[1]
    for _ in range(month.most):
        assert spend(uses(name, (month,)), now=now()) == 0
    db.session.commit()


def test_a_new_password_lets_codes_be_taken_in_new_browsers_again(
    zone: Flask, owner: Owner, mine: FlaskClient
) -> None:
    person, phone, _codes = owner
    use_up_a_month(person)
    assert guess(thief(zone, person), machine="10.0.0.9") == 429
    enter(mine, person)
    assert guess(mine, code=phone.code(LATER)) == 302
    choose_anew(mine)
    db.session.execute(sa.update(Person).values(tf_last_counter=None))
    db.session.commit()
    elsewhere, place = zone.test_client(), {"REMOTE_ADDR": "10.0.0.10"}
    said = {"email": person.email, "password": NEW_PASSWORD}
    assert elsewhere.post("/sign-in", data=said, environ_base=place).status_code == 302
    assert guess(elsewhere, code=phone.code(LATER), machine="10.0.0.10") == 302


def test_whoever_follows_a_letter_goes_on_counting_in_the_month(zone: Flask, owner: Owner) -> None:
    person, phone, _codes = owner
    use_up_a_month(person)
    client = _follow_a_letter(zone, person)
    assert guess(client, code=phone.code(LATER), machine="10.0.0.9") == 429


def test_an_owner_whose_codes_are_tried_hears_once_that_the_password_is_known(
    zone: Flask, owner: Owner
) -> None:
    person = owner[0]
    take_letters(zone, person.email)
    use_up_a_month(person)
    client = thief(zone, person)
    assert {guess(client, machine=f"10.0.0.{number}") for number in range(9)} == {429}
    subjects = [subject for subject, _text in take_letters(zone, person.email)]
    assert subjects == ["Somebody knows your password"]

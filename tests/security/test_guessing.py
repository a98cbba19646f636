"""Nobody guesses a password, in whatever spelling and from however many machines; and nobody who
tries locks its owner out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password

from service_portal.access.actor import Role
from service_portal.accounts.guessing import _digest, _serializer
from service_portal.accounts.limit_rules import (
    GUESSES_FROM_ONE_PLACE,
    GUESSES_OF_ONE_MACHINE,
    GUESSES_OF_STRANGERS,
    RESET_LETTERS,
)
from service_portal.accounts.limits import spend, uses
from service_portal.accounts.models import Membership
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from tests.clock import SetClock
from tests.factories.accounts import create_person
from tests.web.test_passwords import take_letters

PASSWORD = "a-long-password-1"
HERE, ALL, DAY = (
    GUESSES_FROM_ONE_PLACE[0].most,
    GUESSES_OF_STRANGERS[0].most,
    GUESSES_OF_STRANGERS[1].most,
)
OFFICE = "192.0.2.1"


@pytest.fixture(autouse=True)
def one_window(clock: SetClock) -> None:
    """Let no window of a limit end within a test."""
    clock(datetime.now(UTC))


@pytest.fixture
def email(app: Flask, db_session: None) -> str:
    """The address of somebody with a password."""
    return somebody()


def somebody() -> str:
    """Make somebody who can sign in and give their address."""
    person = create_person()
    person.password = hash_password(PASSWORD)
    db.session.add(Membership(person_id=person.id, role=Role.MANAGER))
    db.session.commit()
    return person.email


def sign_in(client: FlaskClient, email: str, password: str = "wrong", machine: str = OFFICE) -> int:
    """Try a password; 200 and 302 say that it was looked at."""
    return client.post(
        "/sign-in",
        data={"email": email, "password": password},
        environ_base={"REMOTE_ADDR": machine},
    ).status_code


def guess(app: Flask, email: str, machine: str, times: int) -> Counter[int]:
    """Try wrong passwords in new browsers of one machine."""
    return Counter(sign_in(app.test_client(), email, machine=machine) for _ in range(times))


def spellings(email: str) -> list[str]:
    """Write one address in several ways that all find its owner."""
    return [
        email,
        email.upper(),
        f" {email}",
        email.replace("example", "ｅxample"),
        email.replace("example", "EXAMPLE"),
        email.replace("@", "@").title(),
    ]


def at_once(app: Flask, email: str, machine_of: Callable[[int], str]) -> Counter[int]:
    """Try twenty times in each spelling, all at the same time."""
    got: Counter[int] = Counter()

    def try_all(number: int, spelling: str) -> None:
        for _ in range(20):
            got[sign_in(app.test_client(), spelling, machine=machine_of(number))] += 1

    threads = [Thread(target=try_all, args=one) for one in enumerate(spellings(email))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


@pytest.fixture
def guessed(fresh_app: Flask) -> tuple[Flask, str]:
    """An application with real commits, and the address that is guessed at."""
    with fresh_app.app_context():
        email = somebody()
    return fresh_app, email


def test_of_120_guesses_from_one_machine_exactly_ten_are_looked_at(
    guessed: tuple[Flask, str],
) -> None:
    app, email = guessed
    assert at_once(app, email, lambda _number: OFFICE) == {200: HERE, 429: 120 - HERE}


def test_of_guesses_from_many_machines_exactly_thirty_are_looked_at(
    guessed: tuple[Flask, str],
) -> None:
    app, email = guessed
    assert at_once(app, email, lambda number: f"10.0.0.{number}") == {200: ALL, 429: 120 - ALL}


def test_one_network_of_ipv6_is_one_machine(app: Flask, email: str) -> None:
    got = Counter(
        sign_in(app.test_client(), email, machine=f"2001:db8:0:7::{number:x}")
        for number in range(1, 21)
    )
    assert got == {200: HERE, 429: 20 - HERE}


def test_guesses_of_all_machines_in_a_day_are_few(db_session: None) -> None:
    midnight, looked_at = datetime(2026, 11, 24, tzinfo=UTC), 0
    for number in range(24 * 6 * 5):
        key = uses("security.login:somebody", GUESSES_OF_STRANGERS)
        looked_at += not spend(key, now=midnight + timedelta(minutes=2 * number))
    assert looked_at == DAY


def fill_up(app: Flask, email: str, machine: str = "") -> None:
    """Leave nothing of what strangers, or one machine, may try at an address now."""
    with app.test_request_context():
        name = f"security.login:{_digest(email)}"
    limits = GUESSES_FROM_ONE_PLACE if machine else GUESSES_OF_STRANGERS
    for _ in range(limits[0].most):
        spend(uses(f"{name}:{machine}" if machine else name, limits), now=now())
    db.session.commit()


def test_a_stranger_does_not_lock_out_the_right_person(app: Flask, email: str) -> None:
    assert guess(app, email, "203.0.113.9", 35)[429] == 35 - HERE
    assert sign_in(app.test_client(), email, PASSWORD) == 302


def test_many_strangers_do_not_lock_out_a_browser_that_its_owner_uses(
    app: Flask, email: str
) -> None:
    mine = app.test_client()
    assert sign_in(mine, email, PASSWORD) == 302
    assert mine.post("/sign-out").status_code == 302
    fill_up(app, email)
    assert sign_in(app.test_client(), email, PASSWORD) == 429, (
        "a browser nobody has used before waits"
    )
    assert sign_in(mine, email, PASSWORD) == 302


def test_the_link_of_a_letter_lets_its_reader_in_whatever_strangers_do(
    app: Flask, email: str
) -> None:
    fill_up(app, email)
    mine = app.test_client()
    refused = mine.post("/sign-in", data={"email": email, "password": PASSWORD})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400
    assert "set a new password with the link" in refused.text and "/reset-password" in refused.text
    mine.post("/reset-password", data={"email": email})
    ((_subject, text),) = take_letters(app, email)
    link = re.search(r"/reset-password/\S+", text)
    assert link is not None
    new = "another-password-2"
    assert (
        mine.post(link.group(), data={"password": new, "password_confirm": new}).status_code == 302
    )
    assert sign_in(mine, email, new) == 302


def test_a_known_browser_may_not_guess_for_ever(app: Flask, email: str) -> None:
    mine = app.test_client()
    sign_in(mine, email, PASSWORD)
    mine.post("/sign-out")
    got = Counter(sign_in(mine, email, machine=f"10.1.0.{number}") for number in range(20))
    assert got == {200: HERE, 429: 20 - HERE}


def test_a_browser_known_to_somebody_else_is_a_strangers(app: Flask, email: str) -> None:
    mine, other = app.test_client(), somebody()
    sign_in(mine, other, PASSWORD)
    mine.post("/sign-out")
    fill_up(app, email, OFFICE)
    assert sign_in(mine, email) == 429


@pytest.mark.parametrize("value", ["", "x", "a.b.c", "é"])
def test_a_forged_cookie_makes_no_browser_known(app: Flask, email: str, value: str) -> None:
    fill_up(app, email, OFFICE)
    client = app.test_client()
    client.set_cookie("portal_known", value)
    assert sign_in(client, email) == 429


def test_a_cookie_signed_for_something_else_makes_no_browser_known(app: Flask, email: str) -> None:
    fill_up(app, email, OFFICE)
    with app.test_request_context():
        serializer = _serializer()
        serializer.salt = b"another"
        value = serializer.dumps([(_digest(email), "n")])
    client = app.test_client()
    client.set_cookie("portal_known", str(value))
    assert sign_in(client, email) == 429


def test_who_is_let_in_uses_up_no_tries(app: Flask, email: str) -> None:
    assert {sign_in(app.test_client(), email, PASSWORD) for _ in range(HERE + 2)} == {302}


def test_whoever_asks_for_letters_again_and_again_gets_few_and_the_same_answer(
    app: Flask, email: str
) -> None:
    answers = {
        app.test_client()
        .post("/reset-password", data={"email": email}, environ_base={"REMOTE_ADDR": f"10.2.0.{n}"})
        .text.count("alert")
        for n in range(6)
    }
    assert len(answers) == 1
    assert len(take_letters(app, email)) == RESET_LETTERS[0].most


def test_refused_tries_use_up_nothing_of_a_colleague_behind_the_same_address(
    app: Flask, email: str
) -> None:
    most = GUESSES_OF_ONE_MACHINE[0].most
    assert guess(app, "nobody@example.org", OFFICE, most + 5) == {200: HERE, 429: most + 5 - HERE}
    assert sign_in(app.test_client(), email, PASSWORD) == 302


def test_tries_that_all_machines_are_refused_use_up_nothing_of_the_machine(
    app: Flask, email: str
) -> None:
    fill_up(app, email)
    assert guess(app, email, OFFICE, HERE + 5) == {429: HERE + 5}
    with app.test_request_context():
        name = f"security.login:{_digest(email)}:{OFFICE}"
    key = uses(name, GUESSES_FROM_ONE_PLACE)
    assert [bool(spend(key, now=now())) for _ in range(HERE + 1)] == [False] * HERE + [True]

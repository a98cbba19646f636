"""A scanner that is slow or hangs takes no place of the web, and is not asked by too many."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, g
from werkzeug.test import Client, TestResponse

from service_portal.access.actor import Actor, Role
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.web import scan_turns, scanning
from service_portal.web.health import parts
from service_portal.web.scanning import NotScanned, scan
from service_portal.web.slow_bodies import SlowBodies
from tests.factories.tickets import create_ticket
from tests.scanner import Scanner
from tests.signing_in import SignIn

OWNER = Actor(Role.ENTERPRISE_OWNER, person_id=1, enterprise_id=1)


@pytest.fixture
def scanner(app: Flask) -> Iterator[Scanner]:
    made = Scanner()
    app.config.update(SCANNER_URL=made.url, SCANNER_AWAY="refuse")
    yield made
    app.config.update(SCANNER_URL="", SCANNER_AWAY="refuse")
    made.close()


@pytest.fixture
def web(app: Flask) -> Client:
    """The web with one place: it looks at a file, asks how the scanner is, or just answers."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        status, said = "200 OK", "there"
        path = environ["PATH_INFO"]
        with app.request_context(environ):
            if path.startswith("/file/"):
                g.actor = Actor(
                    Role.ENTERPRISE_STAFF, person_id=int(path.split("/")[-1]), enterprise_id=1
                )
                try:
                    scan("x.txt", [b"words"])
                except Refused as refusal:
                    status, said = f"{refusal.status} No", str(refusal.message)
            elif path == "/health":
                said = str(scanning.is_awake())
        start(status, [])
        return [said.encode()]

    return Client(SlowBodies(answer, places=1, connections=64))


def at_once(web: Client, paths: list[str]) -> Iterator[TestResponse]:
    """Ask for all of it, and look at a page in the meantime."""
    with ThreadPoolExecutor(len(paths)) as pool:
        asking = [pool.submit(web.get, path) for path in paths]
        sleep(0.2)
        begun = monotonic()
        assert web.get("/").text == "there"
        assert monotonic() - begun < 0.5, "somebody else's page waited for the scanner"
        yield from (one.result() for one in asking)


@pytest.mark.parametrize("path", ["/file/1", "/health"])
def test_a_scanner_that_hangs_takes_no_place(
    web: Client, scanner: Scanner, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(scanning, "SCAN_SECONDS", 1.5)
    scanner.mood = "hangs"
    list(at_once(web, [path] * 2))


def test_a_slow_scanner_is_waited_for_beside_others(web: Client, scanner: Scanner) -> None:
    scanner.seconds = 1.0
    begun = monotonic()
    assert [one.status_code for one in at_once(web, ["/file/1", "/file/2"])] == [200, 200]
    assert monotonic() - begun < 1.9, "both were looked at together"


def test_no_connection_to_the_database_is_held_meanwhile(app: Flask, scanner: Scanner) -> None:
    def blocks() -> Iterator[bytes]:
        yield b"words"
        assert not db.session.registry().in_transaction()

    with app.test_request_context():
        db.session.execute(sa.text("SELECT 1"))
        assert db.session.registry().in_transaction()
        scan("x.txt", blocks())
    assert scanner.seen == [b"words"]


def test_beyond_two_files_a_person_is_asked_to_come_again(web: Client, scanner: Scanner) -> None:
    scanner.seconds = 1.0
    answers = list(at_once(web, ["/file/1"] * 5))
    assert sorted(one.status_code for one in answers) == [200, 200, 503, 503, 503]
    refused = next(one.text for one in answers if one.status_code == 503)
    assert "try again in a moment" in refused
    assert web.get("/file/1").status_code == 200, "a turn is given back"


def test_beyond_four_files_an_enterprise_is_too(web: Client, scanner: Scanner) -> None:
    scanner.seconds = 1.0
    answers = at_once(web, [f"/file/{person}" for person in range(6)])
    assert sorted(one.status_code for one in answers) == [200] * 4 + [503] * 2


def test_so_many_wait_in_a_process_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_turns, "MOST", 1)
    turns = scan_turns.ScanTurns()
    with turns.taken(OWNER) as first, turns.taken(None) as second:
        assert (first, second) == (True, False)
    with turns.taken(None) as third:
        assert third


def test_one_that_has_just_failed_is_left_alone(
    app: Flask, scanner: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "SCAN_SECONDS", 0.3)
    scanner.mood = "hangs"
    for _ in range(3):
        with app.test_request_context(), pytest.raises(NotScanned, match="some minutes"):
            scan("x.txt", [b"words"])
    assert scanner.asked == [b"zINSTREAM", b"zPING"]
    scanner.mood = "well"
    with app.test_request_context():
        assert parts()["scanner"]["status"] == "amber"
    monkeypatch.setattr(scan_turns, "PAUSE_SECONDS", 0.0)
    with app.test_request_context():
        scan("x.txt", [b"words"])
        assert parts()["scanner"]["status"] == "green"


def test_all_files_of_a_request_share_one_time_limit(
    app: Flask, scanner: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "SCAN_SECONDS", 1.0)
    scanner.seconds = 0.6
    app.config["SCANNER_AWAY"] = "accept"
    with app.test_request_context():
        scan("a.txt", [b"words"])
        begun = monotonic()
        with pytest.raises(NotScanned, match="fewer files"):
            scan("b.txt", [b"words"])
        assert monotonic() - begun < 0.55
    with app.test_request_context():
        scan("c.txt", [b"words"])
    assert len(scanner.seen) == 3, "the scanner is not blamed for it"


def test_health_remembers_the_answer_for_some_seconds(app: Flask, scanner: Scanner) -> None:
    for _ in range(5):
        with app.test_request_context():
            assert parts()["scanner"]["status"] == "green"
    assert scanner.asked == [b"zPING"]


def test_words_are_kept_when_too_many_wait(
    client_as: SignIn, scanner: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan_turns, "MOST_OF_ONE_PERSON", 0)
    owner = client_as(Role.ENTERPRISE_OWNER)
    ticket = create_ticket(actor=owner.actor)
    db.session.commit()
    said = {"body": "With a file.", "files": (io.BytesIO(b"words"), "x.txt")}
    answer = owner.post(f"/tickets/{ticket.id}/messages", data=said)
    assert answer.status_code == 503
    assert "With a file." in answer.text and "try again in a moment" in answer.text

"""No log holds what people typed: not when it is refused, not when a statement is slow."""

from __future__ import annotations

import http.client
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.live import Live
from tests.reliability.killing import wait_for
from tests.reliability.programs import History, Program
from tests.reliability.zone import make_zone

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("full")]

WORDS = {name: f"canary{name}4711" for name in ("title", "text", "contact", "password", "token")}
PHONE = "0757-4711 4711"
REQUEST = {
    "service": "POL-01",
    "answers": {"policy_topic": WORDS["text"], "question": WORDS["text"]},
    "description": WORDS["text"],
    "contact_name": WORDS["contact"],
    "contact_phone": PHONE,
}
# Each is refused in another way: the row, the value, and by whom.
BREAKING = """
    ALTER ROLE portal_app SET log_min_duration_statement = 0;
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'portal_app';
    ALTER TABLE ticket ADD CONSTRAINT broken_row CHECK (title NOT LIKE '%-row') NOT VALID;
    ALTER TABLE ticket ADD CONSTRAINT broken_route
        CHECK (station_id IS NULL OR title NOT LIKE '%-route') NOT VALID;
    CREATE FUNCTION broken_value() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.title LIKE '%-value' THEN PERFORM NEW.description::bigint; END IF;
            RETURN NEW;
        END $$;
    CREATE TRIGGER broken_value BEFORE INSERT ON ticket
        FOR EACH ROW EXECUTE FUNCTION broken_value()
"""


@dataclass(frozen=True)
class Broken:
    """A product whose database logs every statement and refuses much."""

    live: Live
    owner: str


@pytest.fixture
def broken() -> Iterator[Broken]:
    """A whole product that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="portal-canary-", dir="/tmp") as folder:
        live = Live(Path(folder), demo=False, settings={"LOG_LEVEL": "INFO"})
        try:
            owner = make_zone(live).owners[0]
            _run(live, BREAKING)
            yield Broken(live, owner)
        finally:
            live.stop()


def _run(live: Live, statements: str) -> None:
    # What ends a statement inside a function's body is followed by words, not by a blank line.
    with live.connect() as connection:
        for statement in re.split(r";\n(?=    [A-Z])(?!            )", statements):
            connection.execute(statement.encode())


def _post(live: Live, path: str, fields: dict[str, str], cookie: str = "") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=10)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    connection.request("POST", path, body=urlencode(fields), headers=headers)
    return connection.getresponse().status


def _form(live: Live, path: str) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.read().decode())
    cookie = (answer.getheader("Set-Cookie") or "").split(";")[0]
    return answer.status, found.group(1) if found else "", cookie


def test_no_log_holds_what_people_typed(broken: Broken) -> None:
    live, owner = broken.live, broken.owner
    program = Program(live.port, History())

    def file(kind: str) -> int:
        said = {**REQUEST, "title": f"{WORDS['title']}-{kind}"}
        return program.once("POST", "/tickets", owner, said, key=f"{WORDS['token']}-{kind}")[0]

    assert (file("good"), file("route"), file("row"), file("value")) == (201, 201, 500, 422)
    wait_for("the worker fails", lambda: "broken_route" in _log(live, "worker"), seconds=60)
    _, form_token, cookie = _form(live, "/sign-in")
    typed = {"email": f"{WORDS['contact']}@example.org", "password": WORDS["password"]}
    assert _post(live, "/sign-in", {**typed, "csrf_token": form_token}, cookie) < 500
    _run(live, "REVOKE SELECT ON person FROM portal_app")
    assert _form(live, f"/reset-password/{WORDS['token']}.x")[0] in {302, 404, 500}
    assert program.once("GET", "/tickets", owner)[0] == 500
    time.sleep(0.5)

    assert "request failed" in _log(live, "web") and "broken_row" in _log(live, "web")
    assert "duration:" in _log(live, "postgres")
    secrets = [*WORDS.values(), PHONE, owner, form_token]
    found = {
        path.name: [word for word in secrets if word in path.read_text(errors="replace")]
        for path in live.place.logs.iterdir()
    }
    assert {"web.log", "relay.log", "worker.log", "beat.log", "postgres.log"} <= set(found)
    assert {name: words for name, words in found.items() if words} == {}


def _log(live: Live, part: str) -> str:
    return (live.place.logs / f"{part}.log").read_text(errors="replace")

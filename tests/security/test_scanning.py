"""Where a scanner is set, it looks at every file that comes in; what it finds is refused, and so is
what it could not look at.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from flask import Flask

from config import WrongSettings, load_settings
from service_portal.access.actor import Role
from service_portal.directory.models import Park
from service_portal.kernel.db import db
from service_portal.tickets.models import Attachment
from service_portal.web import scanning
from service_portal.web.scanning import NotScanned, scan
from tests.architecture.source import calls, name_of, product
from tests.factories.tickets import create_ticket
from tests.scanner import BAD, LIMIT, Scanner
from tests.signing_in import SignIn

FAULTS = (
    "hangs",
    "closes",
    "babbles",
    "breaks off",
    "away",
    "says two things",
    "says the second thing late",
)


@pytest.fixture(params=["tcp", "unix"])
def scanner(app: Flask, request: pytest.FixtureRequest) -> Iterator[Scanner]:
    with TemporaryDirectory(dir="/tmp") as folder:
        path = Path(folder) / "clamd" if request.param == "unix" else None
        made = Scanner(path)
        app.config.update(SCANNER_URL=made.url, SCANNER_AWAY="refuse")
        yield made
        app.config.update(SCANNER_URL="", SCANNER_AWAY="refuse")
        made.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "SCAN_SECONDS", 0.5)
    monkeypatch.setattr(scanning, "PING_SECONDS", 0.3)
    monkeypatch.setattr(scanning, "PING_KEPT_SECONDS", 0.0)


def _fail(scanner: Scanner, how: str) -> None:
    scanner.mood = how
    if how == "away":
        scanner.close()


def _write(client_as: SignIn, content: bytes, name: str = "x.txt") -> tuple[int, str]:
    owner = client_as(Role.ENTERPRISE_OWNER)
    ticket = create_ticket(actor=owner.actor)
    db.session.commit()
    said = {"body": "With a file.", "files": (io.BytesIO(content), name)}
    answer = owner.post(f"/tickets/{ticket.id}/messages", data=said)
    return answer.status_code, answer.text


def _kept() -> int:
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(Attachment)) or 0)


def _on_disk(app: Flask) -> set[Path]:
    return {path for path in Path(app.config["PORTAL_HOME"]).glob("files/*/*") if path.is_file()}


def test_a_clean_file_is_taken_after_it_was_looked_at(
    client_as: SignIn,
    scanner: Scanner,
) -> None:
    before, content = _kept(), b"clean words " * 7000
    assert _write(client_as, content)[0] == 302
    assert _kept() == before + 1
    assert scanner.seen == [content]


def test_a_bad_one_is_refused_with_what_to_do(
    app: Flask,
    client_as: SignIn,
    scanner: Scanner,
) -> None:
    before, on_disk = _kept(), _on_disk(app)
    status, text = _write(client_as, b"words " + BAD)
    assert (status, _kept(), _on_disk(app)) == (422, before, on_disk)
    assert "The virus scanner found something in “x.txt”" in text
    assert "With a file." in text, "what was typed is still there"


def test_one_too_large_for_the_scanner_is_refused(client_as: SignIn, scanner: Scanner) -> None:
    before = _kept()
    status, text = _write(client_as, b"x" * (LIMIT * 8))
    assert (status, _kept()) == (422, before)
    assert "too large for the virus scanner" in text


@pytest.mark.parametrize("how", FAULTS)
def test_what_could_not_be_looked_at_is_refused_for_now(
    app: Flask,
    client_as: SignIn,
    scanner: Scanner,
    quick: None,
    how: str,
) -> None:
    _fail(scanner, how)
    before, on_disk = _kept(), _on_disk(app)
    status, text = _write(client_as, b"words " * 12_000)
    assert (status, _kept(), _on_disk(app)) == (503, before, on_disk)
    assert "try again in some minutes" in text
    assert "With a file." in text


@pytest.mark.parametrize("how", ["says clean at once", "says clean at once and hangs up"])
def test_one_called_clean_before_all_of_it_was_sent_is_refused_for_now(
    app: Flask,
    scanner: Scanner,
    quick: None,
    how: str,
) -> None:
    scanner.mood = how

    def blocks() -> Iterator[bytes]:
        yield b"harmless"
        assert scanner.has_answered.wait(5)
        yield BAD

    with app.test_request_context(), pytest.raises(NotScanned):
        scan("x.txt", blocks())


def test_it_is_taken_unchecked_only_where_that_is_set(
    app: Flask,
    client_as: SignIn,
    scanner: Scanner,
    quick: None,
) -> None:
    app.config["SCANNER_AWAY"] = "accept"
    _fail(scanner, "hangs")
    before = _kept()
    assert _write(client_as, b"words")[0] == 302
    assert _kept() == before + 1


def test_a_draft_keeps_its_words_when_its_file_is_refused(
    client_as: SignIn,
    scanner: Scanner,
) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER)
    said = {"title": "A title", "later": "1", "files": (io.BytesIO(BAD), "x.txt")}
    answer = owner.post("/tickets/new/POL-03", data=said)
    assert "The virus scanner found something" in answer.text and "A title" in answer.text
    assert _kept() == 0


def test_an_import_is_looked_at_too(client_as: SignIn, scanner: Scanner) -> None:
    admin = client_as(Role.ADMINISTRATOR)
    content = b"code,name_zh,name_en\nQQ,a,b\n" + BAD
    said = {"act": "take", "file": (io.BytesIO(content), "x.csv")}
    answer = admin.post("/admin/directory/parks/import", data=said)
    assert answer.status_code == 422 and "The virus scanner found something" in answer.text
    assert db.session.scalar(sa.select(Park.id).where(Park.code == "QQ")) is None


def test_the_status_page_shows_it(client_as: SignIn, scanner: Scanner, quick: None) -> None:
    admin = client_as(Role.ADMINISTRATOR)
    assert "Virus scanner" in admin.get("/status").text
    assert admin.get("/healthz").get_json()["parts"]["scanner"]["status"] == "green"
    _fail(scanner, "hangs")
    said = admin.get("/healthz").get_json()["parts"]["scanner"]
    assert said == {"status": "amber", "detail": "does not answer; no file is taken"}


def test_without_one_nothing_is_said_of_it(client_as: SignIn) -> None:
    admin = client_as(Role.ADMINISTRATOR)
    assert "scanner" not in admin.get("/healthz").get_json()["parts"]


def test_files_come_in_by_no_other_way() -> None:
    reading = {
        name_of(path)
        for path in product()
        for called, _call in calls(path)
        if called.startswith("request.files.get") or called.endswith("upload.stream.read")
    }
    looked_at = {
        "service_portal/files/sent.py",
        "service_portal/files/storing.py",
        "service_portal/filing/request_views.py",
        "service_portal/filing/resubmit_views.py",
        "service_portal/directory/views.py",
        "service_portal/directory/exchanging.py",
    }
    assert reading == looked_at, "let scanning.scan look at what comes in there"
    storing = {
        name_of(path) for path in product() for called, _call in calls(path) if called == "store"
    }
    assert storing == {"service_portal/files/storing.py"}


@pytest.mark.parametrize("url", ["clamd", "http://x", "unix://run/clamd", "tcp://"])
def test_an_address_that_is_none_stops_the_start(url: str) -> None:
    with pytest.raises(WrongSettings) as wrong:
        load_settings({"SCANNER_URL": url})
    assert any("SCANNER_URL" in problem for problem in wrong.value.problems)

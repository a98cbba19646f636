"""Files that prove a figure: put there by either side, read by whoever may read the figure."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from service_portal.access.actor import SYSTEM, Role
from service_portal.events.inbox import Delivery
from service_portal.facts.models import FactFile
from service_portal.facts.rules import Source
from service_portal.facts.services import record_fact
from service_portal.files.models import EnterpriseStorage
from service_portal.files.storing import path_of
from service_portal.files.sweeping import FOLDERS, sweep_disk
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.scoring.computing import score_waiting
from tests.factories.directory import create_enterprise
from tests.signing_in import SignedIn
from tests.web.test_pages import MOST_STATEMENTS, Statements

YEAR = 2025
REPORT = b"%PDF-1.7 the audit"


@pytest.fixture
def firm() -> int:
    return create_enterprise().id


@pytest.fixture
def owner(client_as: Callable[..., SignedIn], firm: int) -> SignedIn:
    client = client_as(Role.ENTERPRISE_OWNER, enterprise_id=firm)
    client.post(f"/facts/{YEAR}", data={"revenue": "30000000"})
    return client


@pytest.fixture
def manager(client_as: Callable[..., SignedIn]) -> SignedIn:
    return client_as(Role.MANAGER)


def place(firm: int, code: str = "revenue") -> str:
    return f"/enterprises/{firm}/facts/{YEAR}/{code}"


def send(
    client: FlaskClient, path: str, *contents: bytes, name: str = "审计报告.pdf", **form: str
) -> Any:
    files = [(BytesIO(content), name) for content in contents]
    return client.post(path, data={"files": files, **form}, content_type="multipart/form-data")


def papers(count: int) -> list[bytes]:
    return [REPORT + str(n).encode() for n in range(count)]


def kept() -> list[FactFile]:
    return list(db.session.scalars(sa.select(FactFile).order_by(FactFile.id)))


def on_disk(app: Flask, file: FactFile) -> Path:
    return path_of(file.storage_name, Path(app.config["PORTAL_HOME"]))


def test_a_file_is_attached_shown_and_downloaded(owner: SignedIn, firm: int) -> None:
    assert "Attach evidence" in owner.get(f"/facts/{YEAR}").text
    answer = send(owner, f"{place(firm)}/files", REPORT)
    assert answer.status_code == 302 and answer.location == place(firm)
    (file,) = kept()
    page = owner.get(place(firm)).text
    assert "审计报告.pdf" in page and "with 30,000,000 yuan" in page
    assert "1 file" in owner.get(f"/facts/{YEAR}").text
    got = owner.get(f"/facts/files/{file.id}")
    assert got.data == REPORT
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in got.headers["Content-Security-Policy"]


def test_whoever_reads_the_figure_reads_its_file_and_nobody_else(
    client_as: Callable[..., SignedIn], owner: SignedIn, manager: SignedIn, firm: int
) -> None:
    send(owner, f"{place(firm)}/files", REPORT)
    (file,) = kept()
    assert "审计报告.pdf" in manager.get(f"/enterprises/{firm}/facts/{YEAR}").text
    path = f"/facts/files/{file.id}"
    for role, status in (
        (Role.ENTERPRISE_STAFF, 200),
        (Role.MANAGER, 200),
        (Role.AUDITOR, 200),
        (Role.ADMINISTRATOR, 200),
        (Role.STATION_LEAD, 403),
        (Role.INSTITUTION_LEAD, 403),
    ):
        client = client_as(role, enterprise_id=firm) if "enterprise" in role else client_as(role)
        assert client.get(path).status_code == status, role
    stranger = client_as(Role.ENTERPRISE_OWNER, enterprise_id=create_enterprise().id)
    assert stranger.get(path).status_code == 404
    assert stranger.post(f"{path}/remove").status_code == 404
    assert send(stranger, f"{place(firm)}/files", REPORT).status_code == 404


def test_a_figure_comes_before_its_proof(owner: SignedIn, manager: SignedIn, firm: int) -> None:
    answer = send(owner, f"{place(firm, 'assets')}/files", REPORT)
    assert answer.status_code == 422 and "Fill in the figure first" in answer.text
    answer = send(manager, f"{place(firm)}/files", REPORT)
    assert answer.status_code == 422 and "no figure of its own here yet" in answer.text
    assert kept() == []
    assert send(owner, f"{place(firm, 'luck')}/files", REPORT).status_code == 404


def test_the_zone_proves_what_a_department_says(manager: SignedIn, firm: int) -> None:
    record_fact(
        actor=SYSTEM,
        enterprise_id=firm,
        year=YEAR,
        code="revenue",
        value=Decimal(500),
        source=Source.DEPARTMENT,
        now=now(),
    )
    assert send(manager, f"{place(firm)}/files", REPORT).status_code == 302
    assert kept()[0].side == "zone"


def test_a_decision_comes_with_its_file_or_not_at_all(
    owner: SignedIn, manager: SignedIn, firm: int
) -> None:
    refused = send(manager, place(firm), REPORT, value="28000000", note="")
    assert refused.status_code == 422
    assert "Choose the files again" in refused.text and kept() == []
    done = send(manager, place(firm), REPORT, value="28000000", note="The audit says so.")
    assert done.status_code == 302
    (file,) = kept()
    assert file.side == "zone"
    assert owner.get(f"/facts/files/{file.id}").data == REPORT
    assert "from the zone" in owner.get(place(firm)).text


def test_a_file_is_removed_by_its_side_until_somebody_decides(
    app: Flask, owner: SignedIn, manager: SignedIn, firm: int
) -> None:
    send(owner, f"{place(firm)}/files", REPORT, b"%PDF-1.7 another")
    first, second = kept()
    where = on_disk(app, first)
    assert where.exists()
    assert manager.post(f"/facts/files/{first.id}/remove").status_code == 422
    assert owner.post(f"/facts/files/{first.id}/remove").location == place(firm)
    assert [file.id for file in kept()] == [second.id] and not where.exists()
    send(manager, place(firm), value="28000000", note="The audit says so.")
    assert "/remove" not in owner.get(place(firm)).text
    refused = owner.post(f"/facts/files/{second.id}/remove")
    assert refused.status_code == 409 and "so it stays" in refused.text
    assert len(kept()) == 1


def test_what_is_no_file_for_us_is_refused_with_its_reason(owner: SignedIn, firm: int) -> None:
    path = f"{place(firm)}/files"
    assert "Choose a file first." in send(owner, path).text
    for name, content, sentence in (
        ("x.exe", b"MZ", "can&#39;t be attached"),
        ("x.pdf", b"<html>", "is not what its name says"),
        ("x.txt", b"", "is empty"),
    ):
        answer = send(owner, path, content, name=name)
        assert answer.status_code == 422 and sentence in answer.text, name
    assert send(owner, path, *papers(21)).status_code == 422
    assert kept() == []


def test_the_same_file_is_attached_once_and_again_to_a_new_value(
    owner: SignedIn, firm: int
) -> None:
    path = f"{place(firm)}/files"
    send(owner, path, REPORT)
    refused = send(owner, path, b"%PDF-1.7 other", REPORT)
    assert refused.status_code == 422 and "is attached already" in refused.text
    assert len(kept()) == 1
    owner.post(f"/facts/{YEAR}", data={"revenue": "31000000"})
    assert send(owner, path, REPORT).status_code == 302
    assert len(kept()) == 2


def test_files_of_figures_take_room_of_the_enterprise(
    app: Flask, owner: SignedIn, firm: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "STORAGE_PER_ENTERPRISE_MB", 1)
    large = b"%PDF-" + b"x" * 600_000
    path = f"{place(firm)}/files"
    assert send(owner, path, large).status_code == 302
    refused = send(owner, path, large + b"y")
    assert refused.status_code == 422 and "more than its 1 MB" in refused.text
    (file,) = kept()
    taken = sa.select(EnterpriseStorage.bytes).where(EnterpriseStorage.enterprise_id == firm)
    assert db.session.scalar(taken) == file.size
    owner.post(f"/facts/files/{file.id}/remove")
    assert db.session.scalar(taken) == 0


def test_a_score_leads_from_its_figures_to_their_files(owner: SignedIn, firm: int) -> None:
    send(owner, f"{place(firm)}/files", REPORT)
    owner.post(f"/facts/{YEAR}", data={"rd_expense": "1200000"})
    changed = Delivery(1, "facts.recorded", None, firm, {"year": YEAR}, 1, 1)
    score_waiting([changed], now=now())
    page = owner.get(f"/points/SME-2017-115/{YEAR}").text
    assert place(firm) in page and place(firm, "rd_expense") in page
    assert page.count("1 file") == 1


def test_the_sweep_of_the_disk_leaves_files_of_figures(
    app: Flask, owner: SignedIn, firm: int
) -> None:
    send(owner, f"{place(firm)}/files", REPORT)
    (file,) = kept()
    path = on_disk(app, file)
    old = now().timestamp() - 4 * 86_400
    os.utime(path, (old, old))
    home = Path(app.config["PORTAL_HOME"])
    for n in range(FOLDERS):
        sweep_disk(home, now=now() - timedelta(minutes=10 * n))
    assert path.exists()


def test_one_figure_takes_twenty_files_of_a_side(owner: SignedIn, firm: int) -> None:
    assert send(owner, f"{place(firm)}/files", *papers(20)).status_code == 302
    refused = send(owner, f"{place(firm)}/files", b"%PDF-1.7 one more")
    assert refused.status_code == 422 and "At most 20 files" in refused.text
    assert len(kept()) == 20


def test_the_file_stays_with_the_figure_when_its_value_is_corrected(
    owner: SignedIn, firm: int
) -> None:
    send(owner, f"{place(firm)}/files", REPORT)
    owner.post(f"/facts/{YEAR}", data={"revenue": "31000000"})
    page = owner.get(place(firm)).text
    assert "31,000,000 yuan" in page and "with 30,000,000 yuan" in page


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_the_page_of_a_figure_asks_few_statements(
    app: Flask, client_as: Callable[..., SignedIn], owner: SignedIn, firm: int, locale: str
) -> None:
    send(owner, f"{place(firm)}/files", *papers(3))
    client = client_as(Role.ENTERPRISE_OWNER, enterprise_id=firm, locale=locale)
    client.get(place(firm))
    with Statements(app) as statements:
        assert client.get(place(firm)).status_code == 200
    assert len(statements.seen) <= MOST_STATEMENTS, "\n".join(statements.seen)

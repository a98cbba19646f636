"""A run of scores as people watch it: how many of how many, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service_portal.access.actor import Role
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.scoring.computing import begin_run, go_on
from service_portal.scoring.models import ScoreRun
from service_portal.scoring.queries import applying
from tests.signing_in import SignedIn
from tests.web.test_pages import MOST_STATEMENTS, Statements
from tests.web.test_schemes import YEAR, scored

FRAGMENT = {"X-Fragment": "1"}


@pytest.fixture
def run(db_session: None, monkeypatch: pytest.MonkeyPatch) -> ScoreRun:
    """Give a run over seven enterprises that goes on four at a time."""
    monkeypatch.setattr("service_portal.scoring.computing.AT_ONCE", 4)
    for n in range(1, 8):
        scored(f"0.0{n}")
    version = next(v for scheme, v in applying(YEAR) if scheme.code == "SME-2017-115")
    made = begin_run(version, YEAR, now=now())
    db.session.commit()
    return made


def test_it_says_how_many_of_how_many_until_the_result_is_there(
    admin: FlaskClient, run: ScoreRun
) -> None:
    place = f"/admin/schemes/runs/{run.id}"
    total = run.total
    page = admin.get(place).text
    assert f"Scoring {YEAR}: 0 of {total} enterprises." in page
    assert f'data-live="{place}"' in page
    assert re.search(rf'<a class="without-js" href="{place}">Look again</a>', page)
    go_on(now=now())
    db.session.commit()
    part = admin.get(place, headers=FRAGMENT).text
    assert f"4 of {total} enterprises." in part and "<html" not in part
    assert 'value="4"' in part and f'max="{total}"' in part
    while go_on(now=now()):
        pass
    db.session.commit()
    part = admin.get(place, headers=FRAGMENT).text
    assert f"{YEAR} is scored: {total} enterprises" in part
    assert 'href="#result"' in part and 'id="result"' in part
    assert "data-live" not in admin.get(place).text


def test_the_page_of_the_version_leads_there(admin: FlaskClient, run: ScoreRun) -> None:
    place = f"/admin/schemes/versions/{run.version_id}"
    page = admin.get(place).text
    assert f'data-live="{place}"' in page and f"/admin/schemes/runs/{run.id}" in page
    while go_on(now=now()):
        pass
    db.session.commit()
    part = admin.get(place, headers=FRAGMENT).text
    assert "See the result" in part and "<html" not in part


def test_the_result_counts_by_stage_and_hides_what_few_have(
    admin: FlaskClient, run: ScoreRun
) -> None:
    while go_on(now=now()):
        pass
    db.session.commit()
    result = admin.get(f"/admin/schemes/runs/{run.id}").text
    row = result[result.index("<tbody>") : result.index("</tbody>")]
    cells = re.findall(r'<td class="num">([^<]*)</td>', row)
    assert cells[:2] == ["7", "0"] and re.fullmatch(r"\d+\.\d\d", cells[2])


def test_a_run_that_a_newer_version_ended_says_so(admin: FlaskClient, run: ScoreRun) -> None:
    go_on(now=now())
    version = next(v for scheme, v in applying(YEAR) if scheme.code == "SME-2017-115")
    begin_run(version, YEAR, now=now())
    db.session.commit()
    db.session.expire_all()
    page = admin.get(f"/admin/schemes/runs/{run.id}").text
    assert f"stopped at 4 of {run.total} enterprises" in page


def test_only_who_edits_schemes_watches(
    client_as: Callable[..., SignedIn], admin: FlaskClient, run: ScoreRun
) -> None:
    assert client_as(Role.MANAGER).get(f"/admin/schemes/runs/{run.id}").status_code == 403
    assert admin.get("/admin/schemes/runs/999999").status_code == 404


def test_the_page_of_a_run_asks_few_statements(
    app: Flask, admin: FlaskClient, run: ScoreRun
) -> None:
    while go_on(now=now()):
        pass
    db.session.commit()
    place = f"/admin/schemes/runs/{run.id}"
    admin.get(place)
    with Statements(app) as statements:
        admin.get(place)
    assert len(statements.seen) <= MOST_STATEMENTS, "\n".join(statements.seen)

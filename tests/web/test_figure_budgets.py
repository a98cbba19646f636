"""Pages of figures and points ask as few statements as others, however much there is to show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from secrets import token_hex
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from service_portal.access.actor import SYSTEM, Actor, Role
from service_portal.facts.proving import prove_figure
from service_portal.facts.rules import Source
from service_portal.facts.services import Said, record_facts
from service_portal.files.storing import Stored
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.scoring.computing import begin_run, go_on
from service_portal.scoring.editing import make_draft
from service_portal.scoring.models import Score, ScoreScheme
from service_portal.scoring.queries import applying
from service_portal.tickets.models import Ticket
from tests.factories.directory import create_enterprise, station
from tests.signing_in import SignedIn
from tests.web.test_pages import MOST_STATEMENTS, Statements

YEAR, WAN = 2025, 1_000_000
FIGURES = {"revenue": 3000, "rd_expense": 120, "total_costs": 2500, "assets": 4000}


@dataclass
class Zone:
    """Enterprises with figures, files, conflicts and scores; one of them is looked at."""

    firms: list[int]
    draft_id: int
    run_id: int
    score_id: int


def fill(count: int) -> list[int]:
    """Make enterprises about whose figures sources differ, with files that prove them."""
    firms = [create_enterprise().id for _ in range(count)]
    for source, factor in ((Source.OWN, 1), (Source.DEPARTMENT, 2)):
        said = [
            Said(one, year, code, Decimal((value + n) * factor * WAN))
            for n, one in enumerate(firms)
            for year in (YEAR - 1, YEAR)
            for code, value in FIGURES.items()
        ]
        record_facts(said, actor=SYSTEM, source=source, now=now())
    for one in firms:
        owner = Actor(role=Role.ENTERPRISE_OWNER, enterprise_id=one)
        for actor in (owner, Actor(role=Role.MANAGER)):
            for code in FIGURES:
                about: dict[str, Any] = {"enterprise_id": one, "year": YEAR, "code": code}
                prove_figure(_papers(), actor=actor, now=now(), **about)
    for _scheme, version in applying(YEAR):
        begin_run(version, YEAR, now=now())
    while go_on(now=now()):
        pass
    db.session.commit()
    return firms


def _papers() -> list[Stored]:
    return [Stored(token_hex(20), 5, token_hex(32), "text/plain", "x.txt") for _ in range(3)]


@pytest.fixture
def zone(db_session: None) -> Zone:
    """Give a zone with something on every page."""
    firms = fill(7)
    scheme = db.session.scalars(
        sa.select(ScoreScheme).where(ScoreScheme.code == "SME-2017-115")
    ).one()
    draft = make_draft(scheme.id, now=now())
    score_id = db.session.scalar(
        sa.select(sa.func.max(Score.id)).where(Score.enterprise_id == firms[0])
    )
    run_id = db.session.scalar(sa.text("SELECT max(id) FROM score_run"))
    db.session.commit()
    return Zone(firms, draft.id, run_id or 0, score_id or 0)


PAGES = [
    (Role.ENTERPRISE_OWNER, "/facts/2025"),
    (Role.ENTERPRISE_OWNER, "/enterprises/{firm}/facts/2025/revenue"),
    (Role.ENTERPRISE_OWNER, "/points"),
    (Role.ENTERPRISE_OWNER, "/points/INNO-POINTS/2025"),
    (Role.ENTERPRISE_OWNER, "/points/SME-2017-115/2025"),
    (Role.ENTERPRISE_OWNER, "/points/scores/{score}/{indicator}/dispute"),
    (Role.MANAGER, "/facts/conflicts"),
    (Role.MANAGER, "/enterprises/{firm}/facts/2025"),
    (Role.MANAGER, "/enterprises/{firm}/facts/2025/revenue"),
    (Role.MANAGER, "/enterprises/{firm}/points"),
    (Role.MANAGER, "/enterprises/{firm}/points/INNO-POINTS/2025"),
    (Role.MANAGER, "/boards"),
    (Role.MANAGER, "/boards?stage=growth"),
    (Role.AUDITOR, "/enterprises/{firm}/facts/2025"),
    (Role.ADMINISTRATOR, "/facts/import"),
    (Role.ADMINISTRATOR, "/admin/schemes"),
    (Role.ADMINISTRATOR, "/admin/schemes/versions/{draft}"),
    (Role.ADMINISTRATOR, "/admin/schemes/versions/{draft}/preview"),
    (Role.ADMINISTRATOR, "/admin/schemes/versions/{draft}/indicators/new"),
    (Role.ADMINISTRATOR, "/admin/schemes/versions/{draft}/indicators/rd_spending"),
    (Role.ADMINISTRATOR, "/admin/schemes/runs/{run}"),
]


def asked(app: Flask, client: FlaskClient, path: str) -> list[str]:
    """Give the statements of a page that was open before, without what is read again every few
    seconds.
    """
    client.get(path, follow_redirects=True)
    tries = []
    for _ in range(2):
        with Statements(app) as statements:
            assert client.get(path, follow_redirects=True).status_code == 200, path
        tries.append(statements.seen)
    return min(tries, key=len)


@pytest.mark.parametrize(("role", "path"), PAGES)
def test_a_page_of_figures_or_points_keeps_within_the_budget_and_does_not_grow(
    app: Flask, client_as: Callable[..., SignedIn], zone: Zone, role: Role, path: str
) -> None:
    firm = {"enterprise_id": zone.firms[0]} if role is Role.ENTERPRISE_OWNER else {}
    client = client_as(role, **firm)
    about = {"firm": zone.firms[0], "draft": zone.draft_id, "run": zone.run_id}
    address = path.format(**about, score=zone.score_id, indicator=_indicator(zone))
    seen = asked(app, client, address)
    assert len(seen) <= MOST_STATEMENTS, "\n".join(seen)
    fill(7)
    assert len(asked(app, client, address)) <= len(seen)


def test_saving_one_field_asks_few_statements(
    app: Flask, client_as: Callable[..., SignedIn], zone: Zone
) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER, enterprise_id=zone.firms[0])
    saved = {"HX-Request": "true"}
    owner.post(f"/facts/{YEAR}", data={"staff": "12"}, headers=saved)
    with Statements(app) as statements:
        owner.post(f"/facts/{YEAR}", data={"staff": "13"}, headers=saved)
    assert len(statements.seen) <= MOST_STATEMENTS, "\n".join(statements.seen)


def test_deciding_a_dispute_asks_few_statements(
    app: Flask, client_as: Callable[..., SignedIn], zone: Zone
) -> None:
    owner = client_as(Role.ENTERPRISE_OWNER, enterprise_id=zone.firms[0])
    path = f"/points/scores/{zone.score_id}/{_indicator(zone)}/dispute"
    assert owner.post(path, data={"words": "The audit says more."}).status_code == 302
    ticket = db.session.scalars(sa.select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()
    ticket.station_id = station().id
    db.session.commit()
    lead = client_as(Role.STATION_LEAD, station_id=station().id)
    seen = asked(app, lead, f"/tickets/{ticket.id}/disputed-points")
    assert len(seen) <= MOST_STATEMENTS, "\n".join(seen)


def _indicator(zone: Zone) -> str:
    code: str = db.session.get_one(Score, zone.score_id).lines[0]["indicator"]
    return code

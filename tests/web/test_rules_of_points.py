"""The rules of a version in words: who is scored by them, and who reads scores, reads them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from service_portal.access.actor import Role
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.scoring import editing
from service_portal.scoring.models import SchemeVersion, ScoreScheme
from service_portal.scoring.queries import scheme_of
from service_portal.scoring.rule_words import rules_in_words
from tests.signing_in import SignedIn


@pytest.fixture
def link(db_session: None) -> str:
    """Give the page of the newest rules of the zone's points."""
    query = (
        sa.select(SchemeVersion.id)
        .join(ScoreScheme, ScoreScheme.id == SchemeVersion.scheme_id)
        .where(ScoreScheme.kind_code == "points")
        .order_by(SchemeVersion.number.desc())
        .limit(1)
    )
    return f"/points/rules/{db.session.scalars(query).one()}"


def test_they_are_in_words_in_both_languages(client_as: Callable[..., SignedIn], link: str) -> None:
    rules = client_as(Role.ENTERPRISE_OWNER).get(link).text
    assert "R&amp;D expense ÷ Revenue" in rules and "2.0 % or more → 20" in rules
    assert "Revenue &lt; 20 m yuan" in rules and "startup" not in rules
    zh = client_as(Role.ENTERPRISE_STAFF, locale="zh").get(link).text
    assert "研发费用 ÷ 营业收入" in zh and "初创期" in zh and "2.0% 及以上 → 20" in zh


def test_who_reads_scores_reads_the_rules(client_as: Callable[..., SignedIn], link: str) -> None:
    for role in (Role.MANAGER, Role.AUDITOR, Role.ADMINISTRATOR):
        assert client_as(role).get(link).status_code == 200, role
    for role in (Role.INSTITUTION_LEAD, Role.STATION_MEMBER):
        assert client_as(role).get(link).status_code == 403, role


def test_a_draft_has_none_yet(admin: FlaskClient, link: str) -> None:
    scheme_id = db.session.get_one(SchemeVersion, int(link.rsplit("/", 1)[1])).scheme_id
    draft = editing.make_draft(scheme_id, now=now())
    db.session.commit()
    assert admin.get(f"/points/rules/{draft.id}").status_code == 404


def test_every_step_of_the_shipped_schemes_has_its_words(
    client_as: Callable[..., SignedIn], db_session: None
) -> None:
    auditor = client_as(Role.AUDITOR)
    for version in db.session.scalars(sa.select(SchemeVersion)).all():
        scheme = scheme_of(version)
        page = auditor.get(f"/points/rules/{version.id}").text
        for one in rules_in_words(scheme)["indicators"]:
            assert one.ways and all(way.steps for way in one.ways), one.code
        for one in (*scheme.hard, *scheme.alternatives):
            assert one.name.en.replace("&", "&amp;").replace("'", "&#39;") in page, one.code

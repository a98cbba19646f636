"""Points by a place among others say among whom, of which run, and as of which day."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from service_portal.access.actor import SYSTEM, Role
from service_portal.facts.rules import Source
from service_portal.facts.services import Said, record_facts
from service_portal.kernel.clock import now
from service_portal.kernel.db import db
from service_portal.scoring.computing import begin_run, compute, go_on
from service_portal.scoring.queries import applying
from tests.factories.directory import create_enterprise
from tests.signing_in import SignedIn

YEAR, WAN = 2024, 1_000_000


def known(count: int) -> list[int]:
    """Make enterprises of one stage, each of which spends more on R&D than the one before."""
    ids = [create_enterprise().id for _ in range(count)]
    said = [
        Said(one, YEAR, code, Decimal(value * WAN))
        for n, one in enumerate(ids)
        for code, value in (("revenue", 3000), ("rd_expense", 60 + 20 * n))
    ]
    record_facts(said, actor=SYSTEM, source=Source.OWN, now=now())
    return ids


@pytest.mark.parametrize(
    ("locale", "sentences"),
    [
        (
            "en",
            (
                "Of 5 other enterprises of the stage “Growth” 2 have less and 0 the same: "
                "(2 + 0 ÷ 2) ÷ 5 = 40.00 %.",
                "when everybody was scored (run ",
            ),
        ),
        ("zh", ("阶段其他 5 家企业中，2 家低于本企业", "对全部企业评价时（第 ")),
    ],
)
def test_a_place_says_among_how_many_of_which_run_and_day(
    client_as: Callable[..., SignedIn], locale: str, sentences: tuple[str, ...]
) -> None:
    ids = known(6)
    version = next(v for scheme, v in applying(YEAR) if scheme.code == "INNO-POINTS")
    begin_run(version, YEAR, now=now())
    while go_on(now=now()):
        pass
    db.session.commit()
    owner = client_as(Role.ENTERPRISE_OWNER, enterprise_id=ids[2], locale=locale)
    page = owner.get(f"/points/INNO-POINTS/{YEAR}").text
    for sentence in sentences:
        assert sentence in page


def test_alone_it_is_of_the_day_it_was_computed_and_few_are_not_counted_out(
    client_as: Callable[..., SignedIn],
) -> None:
    ids = known(4)
    scheme, version = next(pair for pair in applying(YEAR) if pair[0].code == "INNO-POINTS")
    compute(scheme, version, YEAR, ids, now=now())
    db.session.commit()
    page = client_as(Role.ENTERPRISE_OWNER, enterprise_id=ids[3]).get(f"/points/INNO-POINTS/{YEAR}")
    assert "Fewer than five enterprises could be compared, so it counts as the middle." in page.text
    assert "have less and" not in page.text and "(run " not in page.text
    assert "As of " in page.text

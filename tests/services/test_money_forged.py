"""A recount finds what whoever has the product's role of the database appends to the money ledger
past it: reversals that undo nothing, moments that are none, keys of others.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from service_portal.counting.queries import prove
from service_portal.kernel.clock import now, zone_time
from service_portal.kernel.db import db
from service_portal.kernel.errors import Conflict
from service_portal.money.models import MONEY
from service_portal.money.services import keep_anchor
from tests.factories.money import M, drawn, opened
from tests.services.correcting import DAY, later

GIVEN = {"seq", "prev", "hash", "digest_version"}


def differing() -> set[str]:
    """Name the checks that fail."""
    return {finding.code for finding in prove(now=later()) if not finding.holds}


@pytest.fixture
def paid(db_session: None) -> dict[str, Any]:
    """What the entry of money that was paid out says, as it is appended."""
    seq = drawn(opened(), 2 * M)
    found = sa.text("SELECT to_jsonb(e) FROM money_entry AS e WHERE seq = :seq")
    said: dict[str, Any] = db.session.scalar(found, {"seq": seq})
    assert differing() == set()
    return said


def append(said: dict[str, Any], **other: Any) -> None:
    """Append an entry past the product."""
    entry = {name: value for name, value in said.items() if name not in GIVEN} | other
    appended = sa.text("SELECT money_append(CAST(:entry AS jsonb))")
    db.session.execute(appended, {"entry": json.dumps(entry)})


def back(said: dict[str, Any], **other: Any) -> None:
    """Append the reversal of an entry past the product, as if a second person had confirmed it."""
    key = f"reverse:{said['seq']}"
    taken = {"amount": -said["amount"], "reverses": said["seq"], "unique_key": key, "reason": "x"}
    append(said, **{**taken, **other})


@pytest.mark.parametrize(
    "false", [{"amount": -1}, {"day": "2026-11-01"}, {"slip_code": "S"}, {}], ids=str
)
def test_a_reversal_that_is_none_or_that_nobody_confirmed_is_seen(
    paid: dict[str, Any], false: dict[str, Any]
) -> None:
    back(paid, **false)
    assert "money_corrections" in differing()


@pytest.mark.parametrize("name", ["at", "booked_on"])
def test_money_of_a_time_to_come_is_seen(paid: dict[str, Any], name: str) -> None:
    when = (later() + 30 * DAY).isoformat()
    append(paid, amount=M, unique_key="more", **{name: when if name == "at" else when[:10]})
    assert differing() == {"money_times"}


def test_money_of_before_an_anchor_is_seen(paid: dict[str, Any]) -> None:
    keep_anchor(now=now())
    at = (now() - timedelta(hours=2)).isoformat()
    append(paid, amount=M, unique_key="more", at=at)
    assert differing() == {"money_moments"}


@pytest.mark.parametrize("key", ["answered:{0}", "ended:{0}", "overdue:{0}:1", "slip:{0}:1"])
def test_an_entry_under_the_key_of_something_else_is_seen(paid: dict[str, Any], key: str) -> None:
    append(paid, amount=M, unique_key=key.format(999_999))
    assert differing() == {"money_keys"}


def test_a_false_entry_in_the_place_of_a_correction_answers_for_none(paid: dict[str, Any]) -> None:
    append(paid, amount=M, unique_key=f"reverse:{paid['seq']}")
    assert differing() == {"money_keys"}
    with pytest.raises(Conflict, match="Nothing was corrected"):
        MONEY.reverse(paid["seq"], person_id=None, reason="x", now=now(), zone=zone_time())

"""Figures from files of departments: taken whole, or every wrong cell is named."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from service_portal.facts.models import Fact
from service_portal.facts.queries import facts_of
from service_portal.kernel.db import db
from tests.factories.directory import create_enterprise

YEAR = 2025


def upload(client: FlaskClient, text: str, act: str = "take") -> Any:
    return client.post(
        "/facts/import",
        data={
            "source": "department",
            "reference": "tax office 2025",
            "act": act,
            "file": (BytesIO(text.encode()), "facts.csv"),
        },
        content_type="multipart/form-data",
    )


def test_a_departments_file_is_taken_whole(admin: FlaskClient) -> None:
    one, other = create_enterprise(), create_enterprise()
    text = f'uscc,year,营业收入,staff\n{one.uscc},{YEAR},"1,000.50",7\n{other.uscc},{YEAR},,9\n'
    assert "3 values of 2 enterprises" in upload(admin, text, "check").text
    assert facts_of(one.id, YEAR) == {}
    assert upload(admin, text).status_code == 302
    assert facts_of(one.id, YEAR) == {("revenue", 0): 100_050, ("staff", 0): 7}
    assert facts_of(other.id, YEAR) == {("staff", 0): 9}
    before = db.session.scalar(sa.select(sa.func.count(Fact.id)))
    assert upload(admin, text).status_code == 302
    assert db.session.scalar(sa.select(sa.func.count(Fact.id))) == before


def test_wrong_cells_are_named_and_nothing_is_taken(admin: FlaskClient) -> None:
    one = create_enterprise()
    text = (
        f"uscc,year,staff\n{one.uscc},{YEAR},x\n91000,{YEAR},1\n{one.uscc},no,1\n"
        f"{one.uscc},{YEAR},3\n"
    )
    answer = upload(admin, text)
    assert answer.status_code == 422
    for sentence in (
        "Write a number",
        "No enterprise of the zone has this code.",
        "Write a year, such as 2025.",
        "Row 2 has the same code.",
    ):
        assert sentence in answer.text
    assert facts_of(one.id, YEAR) == {}
    unknown = upload(admin, f"uscc,year,xyz,staff\n{one.uscc},{YEAR},1,x").text
    assert "There is no such column; the list below" in unknown and "Write a number" in unknown

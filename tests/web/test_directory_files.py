"""Files of the directory: what is wrong is named by its row, what is unchanged costs little."""

from __future__ import annotations

import io
from time import process_time

import pytest
import sqlalchemy as sa
from flask import Flask

from service_portal.assigning.offering import offer_waiting
from service_portal.directory.models import (
    Enterprise,
    Member,
)
from service_portal.kernel.db import db
from service_portal.tickets.models import Decision, Ticket
from tests.factories.directory import (
    create_institution,
    create_member,
    park,
    social_credit_code,
)
from tests.factories.tickets import TUESDAY, create_ticket
from tests.signing_in import SignedIn
from tests.web.entries import again, as_csv, send
from tests.web.test_pages import Statements


@pytest.mark.parametrize("name", ["file.csv", "file.xlsx"])
def test_a_wrong_row_is_named_by_its_number_in_the_file_blank_rows_included(
    admin: SignedIn, name: str
) -> None:
    rows = [
        ["code", "name_zh", "name_en"],
        ["P90", "园", "Park"],
        [],
        ["", "", ""],
        ["P91", "", "Park"],
        ["P90", "园", "Park"],
    ]
    content = as_csv(*rows)
    if name.endswith("xlsx"):
        import xlsxwriter

        out = io.BytesIO()
        book = xlsxwriter.Workbook(out, {"in_memory": True})
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        book.close()
        content = out.getvalue()
    answer = send(admin, "parks", content, name=name)
    cells = [row.split("</td>")[0] for row in answer.text.split('<td class="num">')[1:]]
    assert answer.status_code == 422 and cells == ["5", "6"], answer.text
    assert "Row 2 has the same code." in answer.text
    assert db.session.scalar(sa.text("SELECT count(*) FROM park WHERE code LIKE 'P9%'")) == 0, (
        "half imported"
    )


def test_an_empty_cell_keeps_capacity_and_use_and_clears_what_may_be_empty(admin: SignedIn) -> None:
    made = create_member(phone="1", capacity_points=7)
    db.session.commit()
    assert (
        send(
            admin,
            "members",
            as_csv(["code", "capacity_points", "active", "phone"], [made.code, "", "", ""]),
        ).status_code
        == 302
    )
    member = again(admin, Member, made.id)
    assert (member.capacity_points, member.active, member.phone) == (7, True, "")


def test_what_may_be_there_once_is_refused_in_page_and_file(admin: SignedIn) -> None:
    code = social_credit_code()
    first, second = create_institution(uscc=code), create_institution()
    db.session.commit()
    answer = send(admin, "institutions", as_csv(["code", "uscc"], [second.code, code]))
    assert answer.status_code == 422 and "Another entry has this already." in answer.text
    taken = admin.post(
        "/admin/directory/parks/new",
        data={"code": "NH", "name_zh": "园", "name_en": "Park", "active": "yes"},
    )
    assert taken.status_code == 422 and "Another entry has this code already." in taken.text
    assert park("NH").name_en != "Park"
    swapped = send(
        admin,
        "institutions",
        as_csv(["code", "uscc"], [first.code, ""], [second.code, social_credit_code()]),
    )
    assert swapped.status_code == 302


def test_references_that_do_not_exist_are_named(admin: SignedIn) -> None:
    answer = send(
        admin,
        "members",
        as_csv(
            ["code", "name_zh", "name_en", "station_id", "skills", "calendar_id"],
            ["X1", "甲", "A", "ST99", "FIN:3, NOPE:1", "moon"],
        ),
    )
    assert answer.status_code == 422
    for missing in ("ST99", "NOPE", "moon"):
        assert f"There is nothing with the code “{missing}”." in answer.text, missing


@pytest.mark.parametrize(
    ("kind", "words"),
    [("exclusions", "excluded by the enterprise"), ("conflicts", "with a conflict of interest")],
)
def test_an_institution_named_in_a_file_is_not_asked(
    admin: SignedIn, kind: str, words: str
) -> None:
    institution = create_institution(services=("LEG-02",))
    ticket = create_ticket("LEG-02")
    enterprise = db.session.get_one(Enterprise, ticket.enterprise_id)
    db.session.execute(sa.update(Ticket).where(Ticket.id == ticket.id).values(status="accepted"))
    db.session.commit()
    assert (
        send(
            admin,
            kind,
            as_csv(["enterprise_id", "institution_id"], [enterprise.uscc, institution.code]),
        ).status_code
        == 302
    )
    assert offer_waiting(now=TUESDAY) == 0
    assert (
        words
        in db.session.scalars(
            sa.select(Decision.words_en).where(
                Decision.ticket_id == ticket.id, Decision.kind == "offer"
            )
        ).one()
    )


def companies(count: int) -> list[list[str]]:
    """Invent rows of enterprises."""
    return [
        ["uscc", "name_zh", "name_en", "park_id"],
        *([social_credit_code(), f"企业 {n}", f"Company {n}", "NH"] for n in range(count)),
    ]


def test_an_import_asks_as_few_statements_for_many_rows_as_for_few(
    app: Flask, admin: SignedIn
) -> None:
    few, many = companies(3), companies(400)
    asked = []
    for rows in (few, many):
        for act in ("check", "take", "check"):
            with Statements(app) as statements:
                answer = send(admin, "enterprises", as_csv(*rows), act=act)
            assert answer.status_code in {200, 302}, answer.text
            asked.append(len(statements.seen))
    # One or two more are names that are read again every few seconds.
    assert all(more <= less + 2 for less, more in zip(asked[:3], asked[3:], strict=True)), asked


def test_thousands_of_unchanged_rows_take_a_second_not_a_minute(admin: SignedIn) -> None:
    rows, park_id = companies(4_000), park("NH").id
    db.session.execute(
        sa.insert(Enterprise),
        [
            {"uscc": uscc, "name_zh": zh, "name_en": en, "park_id": park_id}
            for uscc, zh, en, _park in rows[1:]
        ],
    )
    db.session.commit()
    began = process_time()
    answer = send(admin, "enterprises", as_csv(*rows), act="check")
    assert "4000 unchanged" in answer.text, answer.text
    assert process_time() - began < 2.5, (
        "seconds of this process; one look-up for each row takes ten times as long"
    )

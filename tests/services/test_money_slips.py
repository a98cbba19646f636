"""Banks send files of slips: each counts once, and one bad row stops all of them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import Workbook

from service_portal.access.actor import Role
from service_portal.directory.models import Enterprise
from service_portal.kernel.db import db
from service_portal.money.models import MONEY, CreditLine
from tests.factories.money import TODAY, M, drawn, opened
from tests.services.test_money_booking import line

HEAD = "slip,line,uscc,kind,day,amount\n"
OTHERS = "91440699MA0000001X"


@pytest.fixture
def theirs(db_session: None) -> CreditLine:
    """A line of five million."""
    return line(opened(revolving=True))


@pytest.fixture
def bank(theirs: CreditLine, client_as: Callable[..., FlaskClient]) -> FlaskClient:
    """The browser of the line's bank."""
    return client_as(Role.INSTITUTION_LEAD, institution_id=theirs.institution_id)


def row(theirs: CreditLine, slip: str, amount: str, **said: str) -> str:
    """Write a row of the file."""
    usual = {
        "line": str(theirs.id),
        "uscc": db.session.get_one(Enterprise, theirs.enterprise_id).uscc,
        "kind": "drawn",
        "day": TODAY.isoformat(),
        **said,
    }
    return f'{slip},{usual["line"]},{usual["uscc"]},{usual["kind"]},{usual["day"]},"{amount}"\n'


def send(
    bank: FlaskClient, body: str | bytes, name: str = "slips.csv", *, act: str = "take"
) -> Any:
    """Send a file."""
    content = body.encode() if isinstance(body, str) else body
    return bank.post(
        "/finance/slips",
        data={"file": (io.BytesIO(content), name), "act": act},
        content_type="multipart/form-data",
    )


def test_a_file_that_is_only_checked_books_nothing(bank: FlaskClient, theirs: CreditLine) -> None:
    answer = send(bank, HEAD + row(theirs, "C7", "5.00"), act="check")
    assert answer.status_code == 200
    assert "Every row is right: 1 to book, 0 booked already." in answer.get_data(as_text=True)
    assert line(theirs.id).drawn == theirs.drawn


def test_a_file_is_booked_and_a_second_sending_changes_nothing(
    bank: FlaskClient, theirs: CreditLine
) -> None:
    body = HEAD + row(theirs, "A1", "2,000,000.00") + row(theirs, "A2", "500000.5", kind="还款")
    assert send(bank, body).status_code == 302
    found = line(theirs.id)
    assert (found.drawn, found.repaid) == (2 * M, 50_000_050)
    length = MONEY.length()
    send(bank, body)
    assert "2 were booked already" in bank.get("/finance/entries").get_data(as_text=True)
    assert MONEY.length() == length


def test_a_workbook_is_read_as_well(bank: FlaskClient, theirs: CreditLine) -> None:
    book = Workbook()
    uscc = db.session.get_one(Enterprise, theirs.enterprise_id).uscc
    for cells in (HEAD.strip().split(","), ["X1", theirs.id, uscc, "放款", TODAY, 1_000_000]):
        book.active.append(cells)
    kept = io.BytesIO()
    book.save(kept)
    assert send(bank, kept.getvalue(), "slips.xlsx").status_code == 302
    assert line(theirs.id).drawn == M


@pytest.mark.parametrize(
    ("said", "amount", "words"),
    [
        ({}, "5000000.01", "could still be drawn"),
        ({}, "-5", "Enter an amount above zero."),
        ({}, "5.001", "Write a sum of money in yuan"),
        ({}, "NaN", "Write a sum of money in yuan"),
        ({}, "many", "Write a sum of money in yuan"),
        ({"line": "99"}, "5", "Your bank has no line of this number."),
        ({"line": "²"}, "5", "Your bank has no line of this number."),
        ({"uscc": OTHERS}, "5", "This line belongs to another enterprise"),
        ({"kind": "given"}, "5", "Write drawn (放款) or repaid (还款)."),
        ({"kind": "repaid"}, "5000000", "were outstanding; more can"),
        ({"day": "27.11.2026"}, "5", "Write a day such as 2026-11-27."),
        ({"day": "2099-01-01"}, "5", "This day has not come yet"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_booked(
    bank: FlaskClient, theirs: CreditLine, said: dict[str, str], amount: str, words: str
) -> None:
    length = MONEY.length()
    answer = send(bank, HEAD + row(theirs, "B1", "1") + row(theirs, "B2", amount, **said))
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422 and '<td class="num">3</td>' in html and words in html
    assert MONEY.length() == length and line(theirs.id).drawn == 0


def test_everything_that_is_wrong_with_a_row_is_named_at_once(
    bank: FlaskClient, theirs: CreditLine
) -> None:
    wrong = row(theirs, "", "many", kind="given", day="2026-13-01", uscc=OTHERS)
    html = send(bank, HEAD + wrong).get_data(as_text=True)
    for column in ("slip", "uscc", "kind", "day", "amount"):
        assert f"<code>{column}</code>" in html.split("<h2>")[0], column


@pytest.mark.parametrize("day", ["2026/11/7", "2026-11-7", "2026年11月7日", "2026.11.07"])
def test_days_are_read_as_spreadsheets_write_them(
    bank: FlaskClient, theirs: CreditLine, day: str
) -> None:
    answer = send(bank, HEAD + row(theirs, "D1", "5", day=day), act="check")
    assert "Write a day such as" not in answer.get_data(as_text=True)


def test_a_slip_that_says_something_else_than_before_is_refused(
    bank: FlaskClient, theirs: CreditLine
) -> None:
    drawn(theirs.id, M, slip="C1")
    db.session.commit()
    html = send(bank, HEAD + row(theirs, "C1", "900000")).get_data(as_text=True)
    assert "Slip C1 is booked already: 1,000,000.00 yuan" in html
    assert line(theirs.id).drawn == M


def test_the_same_number_twice_in_a_file_is_refused(bank: FlaskClient, theirs: CreditLine) -> None:
    html = send(bank, HEAD + row(theirs, "D1", "1") + row(theirs, "D1", "2")).get_data(as_text=True)
    assert "Row 2 has the same number." in html and line(theirs.id).drawn == 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("slip,line\n1,2\n", "The column “amount” is missing"),
        (HEAD, "There is no row in the file."),
        ("", "The file is empty."),
        (b"\x00\xff\xfe", "be read. Save it as CSV"),
    ],
)
def test_a_file_that_is_none_is_refused(bank: FlaskClient, body: str | bytes, words: str) -> None:
    answer = send(bank, body)
    assert answer.status_code == 422 and words in answer.get_data(as_text=True)


def test_another_banks_line_is_unknown(
    theirs: CreditLine, client_as: Callable[..., FlaskClient]
) -> None:
    other = line(opened())
    bank = client_as(Role.INSTITUTION_WORKER, institution_id=other.institution_id)
    html = send(bank, HEAD + row(theirs, "E1", "1")).get_data(as_text=True)
    assert "Your bank has no line of this number." in html


def test_a_slip_is_entered_by_hand_on_the_lines_page(bank: FlaskClient, theirs: CreditLine) -> None:
    path = f"/finance/lines/{theirs.id}"
    said = {"kind": "drawn", "amount": "1,200,000.00", "day": TODAY.isoformat(), "slip": "F1"}
    assert bank.post(path, data=said).status_code == 302
    assert line(theirs.id).drawn == 120_000_000
    again = bank.post(path, data=said)
    assert again.status_code == 409
    assert "Slip F1 is booked already" in again.get_data(as_text=True)
    wrong = bank.post(path, data={**said, "slip": "F2", "amount": "1.234"})
    assert wrong.status_code == 422
    assert "Write a sum of money in yuan" in wrong.get_data(as_text=True)

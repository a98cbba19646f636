"""Files that go out run nothing in a spreadsheet; files that come in are read, or refused with a
sentence, whatever they are.
"""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import Workbook, load_workbook

from service_portal.access.actor import Role
from service_portal.directory.exchanging import MOST_ROWS, read_file
from service_portal.directory.models import Park
from service_portal.files import storing
from service_portal.files.storing import clean_name
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused
from service_portal.tickets.models import Attachment, Ticket
from service_portal.web.exporting import as_csv, as_xlsx
from tests.architecture.source import calls, imports, name_of, product
from tests.factories.tickets import create_ticket
from tests.signing_in import SignIn

FORMULAS = [
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example")',
    "\n=1",
    "\nplain",
    " =1",
    "\u3000＝1",
    "\xa0=1",
    "\u200b=1",
    "\ufeff=1",
    "\u202e=1",
    "\x85=1",
    "﹦1",
    "﹣1",
    "−1",
    "\n\n +1",
]


def runs(content: bytes) -> list[str]:
    """List the cells of a CSV that a spreadsheet would run."""
    cells = [
        cell
        for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        for cell in row
    ]
    assert len(cells) > len(FORMULAS)
    skipped = "".join(chr(n) for n in range(33)) + "\x7f\x85\xa0\u200b\u202e\u3000\ufeff"
    return [
        cell
        for cell in cells
        if cell.lstrip(skipped)[:1] in tuple("=+-@＝＋－＠﹦﹢﹣﹫−")
        or cell[:1] in tuple("\t\r\n\x85")
    ]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_no_cell_of_the_directory_runs_and_every_one_comes_back_as_it_was(
    client_as: SignIn, form: str
) -> None:
    admin = client_as(Role.ADMINISTRATOR)
    # XML knows no lone carriage return.
    texts = [
        text
        for text in (*FORMULAS, "'=1", "''quoted", "'plain")
        if form == "csv" or "\r" not in text
    ]
    for number, text in enumerate(texts, start=10):
        db.session.add(Park(code=f"Z{number}", name_zh=text, name_en=text))
    db.session.commit()
    answer = admin.get(f"/admin/directory/parks/export.{form}")
    back = [
        (row["name_zh"], row["name_en"])
        for _number, row in read_file(f"x.{form}", answer.data)
        if row["code"].startswith("Z")
    ]
    assert back == [(text, text) for text in texts]
    if form == "csv":
        assert not runs(answer.data)
    else:
        kinds = {
            cell.data_type
            for row in load_workbook(io.BytesIO(answer.data)).worksheets[0].iter_rows()
            for cell in row
            if cell.value is not None
        }
        assert kinds == {"s"}


def test_no_cell_of_the_counts_runs() -> None:
    rows = [(text, 1) for text in FORMULAS]
    assert not runs(as_csv(["x", "n"], rows))
    book = load_workbook(io.BytesIO(as_xlsx("x", ["x", "n"], rows)))
    assert {cell.data_type for row in book.worksheets[0].iter_rows(max_col=1) for cell in row} == {
        "s"
    }


def test_every_export_writes_through_the_same_check() -> None:
    writers = {
        name_of(path)
        for path in product()
        for called, _ in calls(path)
        if called.endswith((".writerow", ".writerows", "csv.DictWriter", "Workbook"))
    }
    careful = {
        name_of(path)
        for path in product()
        for module, name in imports(path)
        if (module, name) == ("service_portal.web.spreadsheets", "harmless")
    }
    assert writers and writers <= careful


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in files.items():
            book.writestr(name, content)
    return out.getvalue()


def workbook(rows: list[list[object]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(
        b'<!ENTITY a%d "%s">' % (n, (b"&a%d;" % (n - 1) if n else b"&a;") * 10) for n in range(12)
    )
    + b"]><l>&a11;</l>"
)
STRANGE: dict[str, tuple[str, bytes]] = {
    "empty": ("x.csv", b""),
    "nothing": ("x.xlsx", b""),
    "no workbook": ("x.xlsx", b"PK\x03\x04" + b"\x00" * 200),
    "a picture": ("x.xlsx", b"\x89PNG\r\n\x1a\n" + b"\x00" * 100),
    "no sheet": ("x.xlsx", packed({"a.txt": b"x"})),
    "broken xml": ("x.xlsx", packed({"[Content_Types].xml": b"<a", "xl/workbook.xml": b"<"})),
    "entities": ("x.xlsx", packed({"[Content_Types].xml": LAUGHS, "xl/workbook.xml": LAUGHS})),
    "a bomb": ("x.xlsx", packed({"xl/sharedStrings.xml": b"0" * 60_000_000})),
    "binary": ("x.csv", bytes(range(256)) * 20),
    "half a character": ("x.csv", "code,name_zh\nA,园".encode()[:-1]),
    "UTF-16": ("x.csv", "code,名称\n".encode("utf-16")),
    "one long cell": ("x.csv", b"code\n" + b"x" * 300_000),
    "an open quote": ("x.csv", b'code\n"x' + b"y" * 200_000),
    "too many": ("x.csv", b"code\n" + b"x\n" * (MOST_ROWS + 1)),
    "too large": ("x.csv", b"x" * 11_000_000),
    "wrong columns": ("x.csv", b"a,b,c\n1,2,3\n"),
    "twice": ("x.csv", "code,name_zh,name_en\nQQ,甲,A\nqq,乙,B\n".encode()),
    "half wrong": ("x.csv", "code,name_zh,name_en\nQ1,甲,A\nQ2,,\n".encode()),
    "no name": ("", b"code\nx\n"),
    "ragged": ("x.csv", b"code,name_zh\nQ3\nQ4,a,b,c,d\n"),
}


@pytest.mark.parametrize("act", ["check", "take"])
@pytest.mark.parametrize("what", STRANGE)
def test_a_strange_file_is_refused_and_leaves_nothing(
    client_as: SignIn, what: str, act: str
) -> None:
    admin, (name, content) = client_as(Role.ADMINISTRATOR), STRANGE[what]
    before = db.session.execute(sa.text("SELECT * FROM park ORDER BY id")).all()
    answer = admin.post(
        "/admin/directory/parks/import",
        data={"file": (io.BytesIO(content), name), "act": act},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 422, (what, answer.status_code)
    assert db.session.execute(sa.text("SELECT * FROM park ORDER BY id")).all() == before


def test_a_file_of_chinese_excel_is_read() -> None:
    for encoding in ("utf-8", "utf-8-sig", "gbk", "gb18030"):
        assert read_file("x.csv", "code,name_zh\nQ1,高新区一园\n".encode(encoding)) == [
            (2, {"code": "Q1", "name_zh": "高新区一园"})
        ]
    number, row = read_file(
        "x.XLSX", workbook([["code", "name_zh"], ["Q1", "高新区"], [None, None], ["Q2", 5]])
    )[1]
    assert number == 4 and (row["code"], row["name_zh"]) == ("Q2", "5")
    with pytest.raises(Refused):
        read_file("x.csv", b"\xff\xff\xff")


NAMES = [
    "../../../etc/cron.d/x.txt",
    "C:\\windows\\x.txt",
    "a\u202etxt.exe.txt",
    "a\u200b.txt",
    ".htaccess.txt",
    "x" * 300 + ".txt",
    "CON.txt",
    "名称.txt",
    "-rf.txt",
]
DISGUISED = {
    "x.svg": b"<svg/>",
    "x.html": b"<html>",
    "x.png": b"<svg onload=alert(1)>",
    "x.pdf": b"<html>",
    "x.php.txt.phtml": b"x",
    "x.exe": b"MZ",
    "x": b"x",
    "x.txt\u200b": b"",
    "empty.txt": b"",
    "x.txt": b"a\x00b",
    ".png": b"\x89PNG\r\n\x1a\n",
    "x.jpg": b"\x89PNG\r\n\x1a\n",
    "x.htaccess": b"x",
    "x.txt.": b"",
}


def test_a_name_holds_nothing_but_a_name() -> None:
    for name in (
        *NAMES,
        "a\r\nSet-Cookie: x=1.txt",
        '"><script>.txt',
        "\x00.txt",
        "",
        ".",
        "..",
        "/",
        " . ",
    ):
        cleaned = clean_name(name)
        assert (
            cleaned
            and not set(cleaned) & set('/\\<>"\r\n\x00\u202e\u200b')
            and not cleaned.startswith(".")
            and len(cleaned) < 140
        ), name


def upload(client: FlaskClient, name: str, content: bytes) -> int:
    return client.post(
        "/tickets/new/POL-03",
        data={"files": (io.BytesIO(content), name), "title": "x"},
        content_type="multipart/form-data",
    ).status_code


def test_names_of_files_lead_nowhere_and_disguises_are_seen_through(
    app: Flask, client_as: SignIn
) -> None:
    client, home = client_as(Role.ENTERPRISE_OWNER), Path(app.config["PORTAL_HOME"])
    for name in NAMES:
        assert (
            upload(client, name, b"some text") == 422
        )  # The form is not complete; the file is kept with the draft.
    rows = db.session.execute(
        sa.text("SELECT id, file_name, storage_name FROM attachment WHERE uploaded_by_id = :id"),
        {"id": client.actor.person_id},
    ).all()
    assert len(rows) == len(NAMES)
    for row in rows:
        answer = client.get(f"/attachments/{row.id}")
        assert (
            answer.data == b"some text"
            and answer.headers["Content-Disposition"].startswith("attachment")
            and "sandbox" in answer.headers["Content-Security-Policy"]
        )
        assert (home / "files" / row.storage_name[:2] / row.storage_name).exists() and len(
            row.storage_name
        ) == 40
        assert not set(row.file_name) & set('/\\<>"\r\n\u202e\u200b') and len(row.file_name) < 140
    assert not [path for path in home.rglob("*") if path.suffix in {".txt", ".htaccess"}]
    for name, content in DISGUISED.items():
        upload(client, name, content)
    upload(client, "big.txt", b"x" * (app.config["MAX_UPLOAD_MB"] * 1_048_576 + 1))
    assert db.session.scalar(
        sa.text("SELECT count(*) FROM attachment WHERE uploaded_by_id = :id"),
        {"id": client.actor.person_id},
    ) == len(NAMES)
    for number in range(30):
        upload(client, f"n{number}.txt", b"x")
    assert (
        db.session.scalar(
            sa.text("SELECT count(*) FROM attachment WHERE uploaded_by_id = :id"),
            {"id": client.actor.person_id},
        )
        == 20
    )


def test_a_request_that_was_withdrawn_while_a_file_is_looked_at_takes_none(
    client_as: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    asker = client_as(Role.ENTERPRISE_OWNER)
    ticket = create_ticket("POL-03", actor=asker.actor)
    ticket.status = "returned"
    db.session.commit()
    ticket_id = ticket.id

    def look(_name: str, _blocks: Any) -> None:
        db.session.execute(
            sa.update(Ticket).where(Ticket.id == ticket_id).values(status="withdrawn")
        )
        db.session.commit()

    monkeypatch.setattr(storing, "scan", look)
    sent = {"title": "x", "files": (io.BytesIO(b"words"), "x.txt")}
    asker.post(f"/tickets/{ticket_id}/resubmit", data=sent, content_type="multipart/form-data")
    kept = sa.select(sa.func.count()).select_from(Attachment)
    assert db.session.scalar(kept.where(Attachment.ticket_id == ticket_id)) == 0

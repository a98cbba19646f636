"""What may be attached: names made harmless, content compared with the ending, size cut off,
nothing left behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage

from service_portal.files.storing import LONGEST_NAME, SIGNATURES, clean_name, path_of, store
from service_portal.kernel.errors import Refused

PNG, PDF, ZIP, OLE = (
    b"\x89PNG\r\n\x1a\n....",
    b"%PDF-1.7 ....",
    b"PK\x03\x04....",
    b"\xd0\xcf\x11\xe0....",
)
EXE, SCRIPT, SVG = b"MZ\x90\x00", b"#!/bin/sh\nrm -rf /", b"<svg onload='alert(1)'/>"


@pytest.fixture(autouse=True)
def speaking() -> Iterator[None]:
    """Refusals are sentences; they need an application to speak in."""
    app = Flask("speaking")
    Babel(app)
    with app.test_request_context():
        yield


def upload(name: str, content: bytes) -> FileStorage:
    """Make an uploaded file."""
    return FileStorage(BytesIO(content), filename=name)


GOOD = [
    ("plan.pdf", PDF),
    ("LOGO.PNG", PNG),
    ("photo.jpeg", b"\xff\xd8\xff\xe0"),
    ("合同.docx", ZIP),
    ("表格.xlsx", ZIP),
    ("old.doc", OLE),
    ("old.xls", OLE),
    ("all.zip", ZIP),
    ("a.txt", "你好".encode()),
    ("a.csv", b"a,b"),
]
BAD = [
    ("plan.exe", EXE),
    ("plan.pdf", EXE),
    ("plan.png", PDF),
    ("a.txt", EXE),
    ("a.svg", SVG),
    ("a.html", b"<script>"),
    ("plan", PDF),
    (".htaccess", b"x"),
    ("a.pht", b"<?php"),
    ("a.pdf.exe", PDF),
    ("run.sh", SCRIPT),
    ("a.docx", OLE),
    ("empty.pdf", b""),
    ("", PDF),
    ("a.txt\u200b.php", b"x"),
    ("a.php\x00.txt", b"\x00"),
]


@pytest.mark.parametrize(("name", "content"), GOOD, ids=[name for name, _ in GOOD])
def test_what_offices_send_is_taken(tmp_path: Path, name: str, content: bytes) -> None:
    stored = store(upload(name, content), folder=tmp_path, most_bytes=1000)
    assert stored.file_name == name and stored.size == len(content)
    kept = path_of(stored.storage_name, tmp_path)
    assert (
        kept.read_bytes() == content
        and kept.name != name
        and name.rpartition(".")[2] not in kept.name
    )
    assert stored.content_type == SIGNATURES[name.rpartition(".")[2].lower()][0]


@pytest.mark.parametrize(("name", "content"), BAD, ids=[ascii(name) for name, _ in BAD])
def test_what_is_not_what_it_says_is_refused_with_a_sentence(
    tmp_path: Path, name: str, content: bytes
) -> None:
    with pytest.raises(Refused) as refusal:
        store(upload(name, content), folder=tmp_path, most_bytes=1000)
    assert str(refusal.value.message).endswith(".") and refusal.value.field == "files"
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_too_large_is_refused_and_nothing_stays(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        store(upload("plan.pdf", PDF + b"x" * 5000), folder=tmp_path, most_bytes=2000)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert (
        store(
            upload("plan.pdf", PDF + b"x" * (2000 - len(PDF))), folder=tmp_path, most_bytes=2000
        ).size
        == 2000
    )


@pytest.mark.parametrize(
    ("given_name", "clean"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        (r"C:\Users\me\plan.pdf", "plan.pdf"),
        ("a\u202efdp.exe.txt", "afdp.exe.txt"),
        ("a\u200b.txt", "a.txt"),
        ("line\r\nSet-Cookie: x.txt", "lineSet-Cookie_ x.txt"),
        ("a.txt. . ", "a.txt"),
        ('"quoted".txt', "_quoted_.txt"),
        ("營業執照.pdf", "營業執照.pdf"),
        ("", "file"),
        ("...", "file"),
    ],
)
def test_names_are_made_harmless(given_name: str, clean: str) -> None:
    assert clean_name(given_name) == clean


@given(name=st.text(max_size=300))
def test_no_name_leads_anywhere(name: str) -> None:
    clean = clean_name(name)
    assert (
        clean
        and "/" not in clean
        and "\\" not in clean
        and clean not in {".", ".."}
        and clean.isprintable()
    )
    assert len(clean) <= LONGEST_NAME + 11
    assert clean_name(clean) == clean


def test_two_files_of_one_name_lie_apart(tmp_path: Path) -> None:
    one, other = (store(upload("a.pdf", PDF), folder=tmp_path, most_bytes=1000) for _ in range(2))
    assert (
        one.storage_name != other.storage_name
        and len(one.storage_name) == 40
        and one.sha256 == other.sha256
    )

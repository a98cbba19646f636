"""Files as they come in: type and size checked, kept under random names outside of the web root."""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from flask import current_app
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from service_portal.kernel.errors import Missing, Refused
from service_portal.kernel.unit_of_work import after_commit
from service_portal.web.scanner import CHUNK
from service_portal.web.scanning import scan

# What a file of this ending must begin with; None: plain text without a NUL.
SIGNATURES: dict[str, tuple[str, tuple[bytes, ...] | None]] = {
    "pdf": ("application/pdf", (b"%PDF-",)),
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        (b"PK\x03\x04",),
    ),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (b"PK\x03\x04",)),
    "pptx": (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        (b"PK\x03\x04",),
    ),
    "doc": ("application/msword", (b"\xd0\xcf\x11\xe0",)),
    "xls": ("application/vnd.ms-excel", (b"\xd0\xcf\x11\xe0",)),
    "zip": ("application/zip", (b"PK\x03\x04",)),
    "txt": ("text/plain", None),
    "csv": ("text/csv", None),
}
MEGABYTE = 1_048_576
MOST_FILES = 20
LONGEST_NAME = 120
STORED = re.compile(r"[0-9a-f]{32,64}")


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that lies on disk."""

    storage_name: str
    size: int
    sha256: str
    content_type: str
    file_name: str


def clean_name(name: str) -> str:
    """Give a harmless file name: no path, no control or direction marks, no leading or trailing
    dots.
    """
    name = unicodedata.normalize("NFC", name.replace("\\", "/").split("/")[-1])
    name = "".join(
        " " if unicodedata.category(c)[0] == "Z" else c
        for c in name
        if unicodedata.category(c)[0] != "C"
    )
    name = re.sub(r'[<>:"|?*]', "_", name).strip(" .")
    stem, dot, ending = name.rpartition(".")
    return (
        f"{(stem or 'file')[:LONGEST_NAME]}{dot}{ending[:10]}"
        if dot
        else name[:LONGEST_NAME] or "file"
    )


def store(upload: FileStorage, *, folder: Path, most_bytes: int) -> Stored:
    """Check a file and write it to disk before any row speaks of it.

    Raises Refused with a sentence.
    """
    name = clean_name(upload.filename or "")
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending not in SIGNATURES:
        raise Refused(
            _(
                "“%(name)s” can't be attached. Use PDF, picture, Office, text or ZIP files.",
                name=name,
            ),
            field="files",
        )
    content_type, signatures = SIGNATURES[ending]
    head = upload.stream.read(1024)
    if not head:
        raise Refused(_("“%(name)s” is empty.", name=name), field="files")
    if (signatures is None and b"\x00" in head) or (
        signatures is not None and not head.startswith(signatures)
    ):
        raise Refused(
            _(
                "“%(name)s” is not what its name says. Save it again in its program and attach that"
                " file.",
                name=name,
            ),
            field="files",
        )
    storage_name = secrets.token_hex(20)
    path = path_of(storage_name, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = sha256(head), len(head)
    try:
        with path.open("xb") as file:
            file.write(head)
            while block := upload.stream.read(262_144):
                size += len(block)
                if size > most_bytes:
                    raise Refused(
                        _(
                            "“%(name)s” is larger than %(mb)d MB.",
                            name=name,
                            mb=most_bytes // MEGABYTE,
                        ),
                        field="files",
                    )
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Stored(storage_name, size, digest.hexdigest(), content_type, name)


def receive(upload: FileStorage) -> Stored:
    """Store a file that comes in and let the scanner look at it; what it does not take is gone."""
    folder = Path(current_app.config["PORTAL_HOME"])
    stored = store(upload, folder=folder, most_bytes=current_app.config["MAX_UPLOAD_MB"] * MEGABYTE)
    path = path_of(stored.storage_name, folder)
    try:
        with path.open("rb") as file:
            scan(stored.file_name, iter(lambda: file.read(CHUNK), b""))
    except BaseException:
        forget_files([path])
        raise
    return stored


@contextmanager
def storing(upload: FileStorage) -> Iterator[Stored]:
    """Keep a file on the disk while its row is written; when that is refused, the file is gone with
    it.
    """
    stored = receive(upload)
    try:
        yield stored
    except BaseException:
        forget_files([path_of(stored.storage_name, Path(current_app.config["PORTAL_HOME"]))])
        raise


def path_of(storage_name: str, folder: Path) -> Path:
    """Give where a stored file lies; one whose name we have not given is Missing.

    A row may come from a database that others have changed: no name leads out of the folder.
    """
    if not STORED.fullmatch(storage_name):
        raise Missing()
    return folder / "files" / storage_name[:2] / storage_name


def forget_files(paths: Iterable[Path]) -> None:
    """Take files off the disk whose rows will never be, or are gone."""
    for path in paths:
        path.unlink(missing_ok=True)


def forget_with_rows(storage_names: Iterable[str]) -> None:
    """Take the files of deleted rows off the disk as soon as that is committed; what is left of a
    crash in between is swept.
    """
    folder = Path(current_app.config["PORTAL_HOME"])
    paths = [path_of(name, folder) for name in storage_names]

    def forget() -> None:
        # The rows are gone for good: a file that can't be removed now is swept later.
        with suppress(OSError):
            forget_files(paths)

    if paths:
        after_commit(forget)

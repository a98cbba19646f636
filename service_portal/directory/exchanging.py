"""Directory entries as CSV and XLSX, out and in.

An import is checked row by row and taken whole or not at all.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import Any
from zipfile import ZipFile

from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from service_portal.directory.columns import Codes
from service_portal.directory.kinds import Kind
from service_portal.directory.reading import all_texts
from service_portal.directory.services import judge, save
from service_portal.kernel.errors import Refused
from service_portal.web.scanning import scan
from service_portal.web.spreadsheets import as_typed, harmless

MOST_ROWS = 20_000
MOST_BYTES = 10 * 1_048_576
MOST_UNPACKED = 50 * 1_048_576


@dataclass
class Result:
    """What an import would do, or why it can't: errors as (row number, column, sentence)."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    leaving: int = 0
    errors: list[tuple[int, str, str]] = field(default_factory=list)


def export(kind: Kind, form: str) -> bytes:
    """Give all entries of a kind as CSV (with a byte order mark) or XLSX; cells can't be run as
    formulas.
    """
    names = [column.name for column in kind.columns]
    rows = ([harmless(row[name]) for name in names] for row in all_texts(kind))
    if form == "csv":
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(names)
        writer.writerows(rows)
        return b"\xef\xbb\xbf" + out.getvalue().encode()
    import xlsxwriter  # Only here: it would cost every process 3 MB.

    book_out = io.BytesIO()
    book = xlsxwriter.Workbook(
        book_out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    sheet = book.add_worksheet(kind.name)
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(names):
        sheet.write_string(0, column, name)
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            sheet.write_string(number, column, cell)
    book.close()
    return book_out.getvalue()


def read_upload(upload: FileStorage | None) -> list[tuple[int, dict[str, str]]]:
    """Read a file that was sent, once the scanner has looked at it; raises Refused as `read_file`
    does.
    """
    if upload is None or not upload.filename:
        raise Refused(_("Choose a file first."))
    content = upload.stream.read(MOST_BYTES + 1)
    scan(upload.filename, [content])
    return read_file(upload.filename, content)


def read_file(name: str, content: bytes) -> list[tuple[int, dict[str, str]]]:
    """Read a CSV or XLSX file into rows by column name, each with its number in the file; empty
    rows are passed over. Raises Refused with a sentence when it is neither, or too large.
    """
    if len(content) > MOST_BYTES:
        raise Refused(_("The file is too large; split it."))
    try:
        table = (
            _read_xlsx(content)
            if name.lower().endswith(".xlsx")
            else list(csv.reader(io.StringIO(_text_of(content))))
        )
    except Refused:
        raise
    except (
        Exception
    ) as error:  # A file from outside breaks its reader in more ways than can be listed.
        raise Refused(
            _("The file can't be read. Save it as CSV in UTF-8 or as XLSX and try again.")
        ) from error
    if not table:
        raise Refused(_("The file is empty."))
    header = [cell.strip() for cell in table[0]]
    if len(table) - 1 > MOST_ROWS:
        raise Refused(_("At most %(n)d rows can be taken at once; split the file.", n=MOST_ROWS))
    full = (
        (number, row + [""] * (len(header) - len(row)))
        for number, row in enumerate(table[1:], start=2)
        if any(cell.strip() for cell in row)
    )
    return [
        (number, dict(zip(header, (as_typed(cell) for cell in row), strict=False)))
        for number, row in full
    ]


def _text_of(content: bytes) -> str:
    """Read UTF-8, or what Excel in Chinese writes as CSV."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _read_xlsx(content: bytes) -> list[list[str]]:
    with ZipFile(io.BytesIO(content)) as packed:
        if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
            raise Refused(_("The file is too large; split it."))
    from openpyxl import load_workbook  # Only here: it would cost every process 5 MB.

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    cells = book.worksheets[0].iter_rows(max_row=MOST_ROWS + 2, max_col=60, values_only=True)
    return [["" if cell is None else str(cell) for cell in row] for row in cells]


def take(kind: Kind, lines: list[tuple[int, dict[str, str]]], *, apply: bool) -> Result:
    """Check every row and, with `apply` and no error at all, write them.

    The caller's transaction makes it all or nothing.
    """
    result = Result()
    names, keys = {column.name for column in kind.columns}, kind.uniques[0]
    header = list(lines[0][1]) if lines else []
    result.errors.extend(
        (1, key, _("The column “%(name)s” is missing from the first row.", name=key))
        for key in keys
        if lines and key not in header
    )
    if result.errors:
        return result
    result.errors.extend(
        (1, name, _("There is no such column.")) for name in header if name and name not in names
    )
    codes = Codes()
    rows = judge(
        kind,
        [{name: text for name, text in line.items() if name in names} for _number, line in lines],
        codes=codes,
        finds=True,
    )
    seen: dict[tuple[Any, ...], int] = {}
    wanted = []
    for (number, _line), row in zip(lines, rows, strict=True):
        key = tuple(row.read.get(name) for name in keys)
        if None not in key and seen.setdefault(key, number) != number:
            row.errors[kind.key] = _("Row %(n)d has the same code.", n=seen[key])
        result.errors.extend((number, name, sentence) for name, sentence in row.errors.items())
        if row.before is not None and not row.is_change:
            result.unchanged += 1
            continue
        result.new, result.changed = (
            result.new + (row.before is None),
            result.changed + (row.before is not None),
        )
        result.leaving += row.is_leaving
        wanted.append(row)
    if apply and not result.errors:
        save(kind, wanted, codes=codes)
    return result

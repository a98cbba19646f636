"""Directory entries as CSV and XLSX, out and in. An import is checked row by row and taken whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from zipfile import BadZipFile

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.directory.kinds import Kind, check, save, texts_of
from service_portal.kernel.db import db
from service_portal.kernel.errors import Refused

MOST_ROWS = 20_000
MOST_BYTES = 10 * 1_048_576
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


@dataclass
class Result:
    """What an import would do, or why it can't: errors as (row number, column, sentence)."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    errors: list[tuple[int, str, str]] = field(default_factory=list)


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def _unsafe(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_DANGEROUS) else text


def rows_of(kind: Kind) -> Iterator[dict[str, str]]:
    """Give every entry of a kind as texts, by key."""
    for entry in db.session.scalars(sa.select(kind.model).order_by(getattr(kind.model, kind.key))):
        yield texts_of(kind, entry)


def export(kind: Kind, form: str) -> bytes:
    """Give all entries of a kind as CSV (with a byte order mark) or XLSX; cells can't be run as formulas."""
    names = [column.name for column in kind.columns]
    rows = ([_safe(row[name]) for name in names] for row in rows_of(kind))
    if form == "csv":
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(names)
        writer.writerows(rows)
        return b"\xef\xbb\xbf" + out.getvalue().encode()
    import xlsxwriter  # Only here: it would cost every process 3 MB.

    book_out = io.BytesIO()
    book = xlsxwriter.Workbook(book_out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    sheet = book.add_worksheet(kind.name)
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(names):
        sheet.write_string(0, column, name)
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            sheet.write_string(number, column, cell)
    book.close()
    return book_out.getvalue()


def read_file(name: str, content: bytes) -> list[dict[str, str]]:
    """Read a CSV or XLSX file into rows by column name. Raises Refused with a sentence when it is neither, or too large."""
    if len(content) > MOST_BYTES:
        raise Refused(_("The file is too large; split it."))
    try:
        table = _read_xlsx(content) if name.lower().endswith(".xlsx") else list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error, BadZipFile, KeyError, ValueError, OSError) as error:
        raise Refused(_("The file can't be read. Save it as CSV in UTF-8 or as XLSX and try again.")) from error
    if not table:
        raise Refused(_("The file is empty."))
    header = [cell.strip() for cell in table[0]]
    if len(table) - 1 > MOST_ROWS:
        raise Refused(_("At most %(n)d rows can be taken at once; split the file.", n=MOST_ROWS))
    return [dict(zip(header, (_unsafe(cell) for cell in row), strict=False)) for row in table[1:] if any(cell.strip() for cell in row)]


def _read_xlsx(content: bytes) -> list[list[str]]:
    from openpyxl import load_workbook  # Only here: it would cost every process 5 MB.

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    rows = []
    for row in book.worksheets[0].iter_rows(max_row=MOST_ROWS + 2, max_col=60, values_only=True):
        rows.append(["" if cell is None else str(cell) for cell in row])
    return rows


def take(kind: Kind, rows: list[dict[str, str]], *, apply: bool) -> Result:
    """Check every row and, with `apply` and no error at all, write them. The caller's transaction makes it all or nothing."""
    result = Result()
    names = {column.name for column in kind.columns}
    if rows and kind.key not in rows[0]:
        result.errors.append((1, kind.key, _("The column “%(name)s” is missing from the first row.", name=kind.key)))
        return result
    unknown = [name for name in (rows[0] if rows else {}) if name and name not in names]
    result.errors.extend((1, name, _("There is no such column.")) for name in unknown)
    seen: dict[str, int] = {}
    wanted: list[tuple[dict[str, Any], Any]] = []
    for number, row in enumerate(rows, start=2):
        values = {name: text for name, text in row.items() if name in names}
        key = values.get(kind.key, "").strip().upper()
        known = db.session.scalar(sa.select(kind.model).where(getattr(kind.model, kind.key) == key)) if key else None
        if key and key in seen:
            result.errors.append((number, kind.key, _("Row %(n)d has the same code.", n=seen[key])))
        seen[key] = number
        read, errors = check(kind, values, known=known)
        result.errors.extend((number, name, sentence) for name, sentence in errors.items())
        if errors:
            continue
        if known is None:
            result.new += 1
        elif {**texts_of(kind, known), **{n: t.strip() for n, t in values.items()}} == texts_of(kind, known):
            result.unchanged += 1
            continue
        else:
            result.changed += 1
        wanted.append((read, known))
    if apply and not result.errors:
        for read, known in wanted:
            save(kind, read, known=known)
    return result

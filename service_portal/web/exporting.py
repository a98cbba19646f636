"""Counts as files: CSV that Excel reads, and XLSX with typed cells.

Nothing in a cell can be run as a formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from service_portal.web.spreadsheets import harmless


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Give the rows as CSV in UTF-8 with a byte order mark."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(
    title: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    notes: Sequence[tuple[str, str]] = (),
) -> bytes:
    """Give the rows as a workbook with a frozen header; `notes` go to a sheet of definitions."""
    import xlsxwriter  # Only here: it would cost every process 3 MB.

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    bold = book.add_format({"bold": True, "bottom": 1})
    sheet = book.add_worksheet(title[:31])
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(header), 18)
    for column, text in enumerate(header):
        sheet.write_string(0, column, text, bold)
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, int | float) and not isinstance(cell, bool):
                sheet.write_number(number, column, cell)
            else:
                sheet.write_string(number, column, str(harmless("" if cell is None else cell)))
    if notes:
        about = book.add_worksheet("Definitions")
        about.set_column(0, 0, 24)
        about.set_column(1, 1, 100)
        for number, (name, text) in enumerate(notes):
            about.write_string(number, 0, name, bold)
            about.write_string(number, 1, text)
    book.close()
    return out.getvalue()

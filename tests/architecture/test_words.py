"""What the program says, it says by gettext; dates and numbers are Babel's.

`Words` is for what people edit: names, the catalogue, rules. A sentence of the program that is kept
in both languages cannot be found by those who translate, and a name inside of it stays in the
language of whoever caused it.
"""

from __future__ import annotations

import ast
import re

from tests.architecture.source import calls, name_of, product, texts

# Invented data: people, firms, what they write.
DATA = ("service_portal/demo/",)
# A name of a month or of a day, which Babel knows, and how a date is written in Chinese.
CALENDAR = re.compile(
    r"\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b"
    r"|^(?:[1-9]|1[0-2])?月$|^周[一二三四五六日]$"
)


def test_words_in_two_languages_are_data() -> None:
    written = [
        f"{name_of(path)}:{call.lineno}"
        for path in product()
        if not name_of(path).startswith(DATA)
        for called, call in calls(path)
        if called == "Words" and any(_is_text(argument) for argument in call.args)
    ]
    assert written == []


def _is_text(argument: ast.expr) -> bool:
    return isinstance(argument, ast.JoinedStr) or (
        isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    )


def test_no_date_is_put_together_by_hand() -> None:
    by_hand = [
        f"{name_of(path)}:{call.lineno}"
        for path in product()
        for called, call in calls(path)
        if called.endswith(".strftime")
    ]
    assert by_hand == []


def test_no_table_of_months_or_days() -> None:
    tables = [
        f"{name_of(path)}: {text}"
        for path in product()
        for text in texts(path)
        if CALENDAR.fullmatch(text)
    ]
    assert tables == []

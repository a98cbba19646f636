"""Texts in files that spreadsheets open: none can be run as a formula, and what comes back is what
went out.
"""

from __future__ import annotations

import re
from typing import Any

# A formula begins with one of these, in whatever width it is typed.
FORMULA = "=+\\-@＝＋－＠﹦﹢﹣﹫−"
# Spreadsheets skip these before they look: spaces of every kind, and marks that nobody sees.
SKIPPED = r"\s\x00-\x1f\x7f-\xa0\xad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3000\ufeff"
# A control character in front is taken off by some of them, whatever follows.
DANGEROUS = re.compile(rf"'*(?:[\x00-\x1f\x7f-\x9f]|[{SKIPPED}]*[{FORMULA}])")


def harmless(value: Any) -> Any:
    """Put an apostrophe before a text that a spreadsheet could run; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and DANGEROUS.match(value) else value


def as_typed(text: str) -> str:
    """Take off the apostrophe that `harmless` put on."""
    return text[1:] if text.startswith("'") and DANGEROUS.match(text) else text

"""What tests read in a page, however its template is laid out."""

from __future__ import annotations

import re


def flat(page: str) -> str:
    """Give the markup of a page with nothing between its tags but words, and one space between
    attributes.
    """
    page = re.sub(r"\s+", " ", page)
    return re.sub(r" ?(<[^<>]*?) ?> ?", r"\1>", page)

"""What newcomers read names files that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Where a name may begin, when the page has said so before.
PLACES = ("", "service_portal/", "templates/")


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "STYLE.md"])
def test_files_that_are_named_are_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = {name for name in re.findall(r"`([\w./-]+/[\w./-]*)`", text) if "./" not in name}
    linked = set(re.findall(r"\]\(([\w./-]+)\)", text))
    missing = {
        name
        for name in named | linked
        if not any((ROOT / begin / name).exists() for begin in PLACES)
    }
    assert named and missing == set()

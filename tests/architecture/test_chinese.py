"""Chinese texts are punctuated as Chinese is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tests.conftest import ROOT

FOLDER = ROOT / "service_portal" / "translations" / "zh"
HAN = r"[\u4e00-\u9fff”》）」]"
# A sign of ASCII after a Han character, before one, or at the end of what has any.
MIXED = re.compile(
    rf"{HAN}\s?[.,;:?!](?![A-Za-z0-9/])|[,;:?!]\s?(?=[\u4e00-\u9fff“])|[^.][.,;:?!]\s*$"
)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.po")), ids=lambda path: path.stem)
def test_chinese_sentences_hold_no_punctuation_of_ascii(path: Path) -> None:
    with path.open("rb") as file:
        texts = [one.string for one in read_po(file, locale="zh") if one.id and one.string]
    each = [text for one in texts for text in ([one] if isinstance(one, str) else one)]
    wrong = [text for text in each if re.search(HAN, text) and MIXED.search(text)]
    assert not wrong, wrong

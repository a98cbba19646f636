"""A form that is not right gets our sentence at its field, in the language of the page, never the
browser's bubble in its own.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
FORM = re.compile(
    r"<form\b(?P<tag>[^>]*?method=\"post\"(?:[^>{]|{{.*?}}|{%.*?%})*)>(?P<body>.*?)</form>",
    re.DOTALL,
)
FILLED_IN = re.compile(
    r"<textarea|<select|<input(?![^>]*type=\"hidden\")|\b(?:code_)?field\(|\barea\(|caller\(\)"
)


def forms() -> list[tuple[str, str]]:
    """List every form that somebody fills in and sends, as (template, its opening tag)."""
    return [
        (str(path.relative_to(TEMPLATES)), form["tag"])
        for path in sorted(TEMPLATES.rglob("*.html"))
        for form in FORM.finditer(path.read_text(encoding="utf-8"))
        if FILLED_IN.search(form["body"])
    ]


def test_there_are_forms_to_look_at() -> None:
    assert len(forms()) > 25


@pytest.mark.parametrize(
    ("template", "tag"),
    forms(),
    ids=[f"{template}-{n}" for n, (template, _tag) in enumerate(forms())],
)
def test_the_browser_is_not_asked_to_check_a_form(template: str, tag: str) -> None:
    assert re.search(r"\bnovalidate\b", tag), f"{template}: <form{tag}>"

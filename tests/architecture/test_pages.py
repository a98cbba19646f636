"""Every rendered template exists and every template is used; every message has its Chinese; nothing
is scripted or styled inline, and no status is typed in one.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from service_portal.tickets.rules import Status
from service_portal.web.translations import problems
from tests.architecture.source import ROOT, calls, name_of, ours, product, texts

TEMPLATES = ROOT / "templates"
USED = re.compile(
    r"""{%-?\s*(?:extends|include|import|from)\s+(.+?)(?:\s+import|\s+with|\s+ignore|\s*-?%})"""
)
NAME = re.compile(r"[\w/-]+\.html")
STATUSES = {status.value for status in Status}
QUOTED = re.compile(r"""["']([\w/.-]+\.html)["']""")


def templates() -> set[str]:
    """Name every template."""
    return {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")}


def named_in_code() -> set[str]:
    """Name every template that a view, a setting or a mail speaks of."""
    return {text for path in product() for text in texts(path) if NAME.fullmatch(text)}


def named_in_templates() -> set[str]:
    """Name every template that another one extends, includes or imports."""
    return {
        name
        for path in TEMPLATES.rglob("*.html")
        for found in USED.findall(path.read_text(encoding="utf-8"))
        for name in QUOTED.findall(found)
    }


def test_every_named_template_exists() -> None:
    assert named_in_code() | named_in_templates() <= templates()


def test_every_template_is_used() -> None:
    assert templates() - named_in_code() - named_in_templates() == set()


def test_a_view_names_its_template_plainly() -> None:
    for path in product():
        for called, call in calls(path):
            if called.endswith("render_template"):
                assert call.args and isinstance(
                    call.args[0], (ast.Constant, ast.IfExp, ast.Name)
                ), f"{name_of(path)}:{call.lineno}"


def test_every_message_is_translated() -> None:
    wrong = problems()
    assert not wrong, f"{len(wrong)} messages: " + "; ".join(wrong[:20])


@pytest.mark.parametrize("path", ours(".html", below="templates"), ids=name_of)
def test_nothing_inline(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(
        r"\sstyle\s*=\s*[\"']|\son[a-z]+\s*=\s*[\"']|<style\b|href\s*=\s*[\"']javascript:",
        text,
        re.IGNORECASE,
    )
    assert not re.search(
        r"<script(?![^>]*\bsrc=)(?![^>]*type=[\"']application/json[\"'])", text, re.IGNORECASE
    )
    assert "|safe" not in text.replace(" ", "")


def typed_statuses(source: str) -> list[str]:
    """Give the words that a template compares with a status, or asks for as one."""
    tree = Environment(autoescape=True).parse(source)
    asked: list[nodes.Expr] = [
        compare
        for compare in tree.find_all(nodes.Compare)
        if any(one.attr == "status" for one in compare.find_all(nodes.Getattr))
    ]
    asked += [
        pair.value
        for pair in tree.find_all(nodes.Pair)
        if isinstance(pair.key, nodes.Const) and pair.key.value == "status"
    ]
    words = [
        word
        for node in asked
        for word in ([node] if isinstance(node, nodes.Const) else node.find_all(nodes.Const))
    ]
    return [word.value for word in words if word.value in STATUSES]


def test_a_typed_status_is_seen_wherever_it_stands() -> None:
    assert typed_statuses("{% if row.status == 'closed' %}{% endif %}") == ["closed"]
    assert typed_statuses("{{ 1 if one.status not in ('closed', 'green') }}") == ["closed"]
    assert typed_statuses("{{ url_for('x', **{'status': 'on_hold'}) }}") == ["on_hold"]
    assert typed_statuses("{{ row.status == Status.CLOSED }}") == []


@pytest.mark.parametrize("path", ours(".html", below="templates"), ids=name_of)
def test_a_template_types_no_status(path: Path) -> None:
    assert typed_statuses(path.read_text(encoding="utf-8")) == []

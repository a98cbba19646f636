"""Every column of codes is an enum in Python and a check in the database; a condition on codes that
several statements ask is written once.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from service_portal.kernel.db import db
from service_portal.tickets import choices, codes, rules, words
from service_portal.tickets.choices import DECLINES, HOLDS, OUTCOMES
from tests.architecture.source import name_of, product, texts, tree

# Columns of text that hold no codes: what people write, names, addresses, keys of other rows.
WORDS = re.compile(
    r".*(name|_name|name_en|name_zh|_en|_zh|email|phone|note|title|description|summary|comment"
    r"|body|subject|detail|address|agent|icon|controller|error|uscc|token_hash|sha256|content_type"
    r"|fingerprint|prefix|password|secret|uniquifier|message_id|time_zone|licence_no|sort_key)"
)
KEYS = re.compile(r"id|key|code|.*_(code|key|id)|reference|source|words_en|words_zh")
# Other columns without a check, each with its reason.
OPEN = {
    "absence.reason": "a person's own words",
    "assignment.reason": "a person's own words",
    "interest_conflict.reason": "a person's own words",
    "money_entry.reason": "a person's own words; kept for ever as they were written",
    "usage_entry.reason": "a person's own words, or a code of the rule that reversed it; kept for"
    " ever as it was written",
    "loan_product.condition": "an expression over facts, which people write",
    "heartbeat.part": "whatever process shows that it is alive",
    "heartbeat.process": "host and number of a process",
    "letter.template": "the name of a file of ours or of Flask-Security",
    "notification.kind": "the name of an event, or a rung of a clock; events.catalog lists them",
    "outbox.event": "the name of an event; events.catalog lists them",
    "outbox.task": "the name of a task; the law of the journey holds it",
    "security_log.object_table": "the name of a table, which may be gone one day",
    "security_log.role": "empty where nobody had signed in; kept for ever as it was written",
}
_STATUS = "|".join(rules.Status)
STATUS_LIST = re.compile(
    rf"\bstatus\s+(?:NOT\s+)?IN\s*\(\s*'|'(?:{_STATUS})'\s*,\s*'(?:{_STATUS})'"
)


def coded() -> Iterator[tuple[sa.Column[str], tuple[StrEnum, ...]]]:
    """Give every column of codes with what it may hold."""
    for table in db.metadata.tables.values():
        for column in table.c:
            if "codes" in column.info:
                yield column, column.info["codes"]


def checked(column: sa.Column[str]) -> set[str] | None:
    """Give the codes that the database lets a column hold; None when it lets it hold anything."""
    for check in column.table.constraints:
        if isinstance(check, sa.CheckConstraint):
            said = re.fullmatch(rf"{column.name} IN \((.*)\)", str(check.sqltext))
            if said:
                return set(re.findall(r"'([^']*)'", said[1]))
    return None


def test_every_column_of_text_is_words_a_key_or_codes(app: Flask) -> None:
    with_codes = {column for column, _ in coded()}
    loose = {
        f"{table.name}.{column.name}"
        for table in db.metadata.tables.values()
        for column in table.c
        if isinstance(column.type, sa.String)
        and column not in with_codes
        and not WORDS.fullmatch(column.name)
        and not KEYS.fullmatch(column.name)
    }
    assert loose == set(OPEN)


def test_the_database_checks_every_column_of_codes(app: Flask) -> None:
    for column, enum in coded():
        allowed = checked(column)
        assert allowed is not None, f"nothing checks {column}"
        # A person has one of the roles but the system's.
        if column.table.name in {"membership", "invitation"}:
            assert allowed == {str(code) for code in enum} - {"system"}
        else:
            assert allowed == {str(code) for code in enum}, column


def test_the_database_has_the_checks_of_the_models(app: Flask, db_session: None) -> None:
    found = db.session.execute(
        sa.text("""
            SELECT conrelid::regclass::text AS table, conname AS name,
                pg_get_constraintdef(oid) AS text, convalidated AS validated
            FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace
        """)
    ).all()
    stored = {
        row.name: set(re.findall(r"'([^']*)'::text", row.text)) for row in found if row.validated
    }
    for column, _enum in coded():
        names = {
            str(check.name)
            for check in column.table.constraints
            if isinstance(check, sa.CheckConstraint)
            and str(check.sqltext).startswith(f"{column.name} IN (")
        }
        assert [name for name in names if stored.get(name) != checked(column)] == []


def test_what_people_choose_from_has_the_codes_of_its_column() -> None:
    assert set(OUTCOMES) == set(codes.Outcome)
    chosen = {*DECLINES, *choices.TAKE_BACKS, *choices.GIVE_BACKS}
    assert chosen | {codes.EndReason.EXPIRED} == set(codes.EndReason)
    assert rules.CAUSED_BY.keys() == {*choices.TAKE_BACKS, *choices.GIVE_BACKS}
    assert set(HOLDS) | {codes.PauseReason.RETURNED} == set(codes.PauseReason)
    assert set(choices.DESK_WORDS) == set(rules.DESK_CHANNELS)
    assert set(choices.CHANNELS) == set(codes.ContactChannel)
    assert set(words.NOT_COUNTABLE_WORDS) == set(codes.NotCountable)
    assert set(rules.Move).isdisjoint(codes.EntryKind)


def test_no_statement_lists_statuses_by_itself() -> None:
    # The replay reads how it went, from outside; everything else asks
    # `tickets.predicates`.
    apart = ("service_portal/replaying/",)
    lists = {
        name_of(path)
        for path in product()
        if not name_of(path).startswith(apart)
        for text in texts(path)
        if STATUS_LIST.search(text)
    }
    assert lists == set()


def test_the_most_bounces_are_named_everywhere() -> None:
    typed = [
        name_of(path)
        for path in product()
        for text in texts(path)
        if re.search(r"\bbounces\s*[<>]=?\s*[1-9]", text)
    ]
    assert typed == []


# Where a code is typed all the same, with the reason.
TYPED = {
    "locale": "the tag of a language, as libraries read it",
    "service_portal/catalogue/": "the floor of the catalogue knows no codes of tickets",
    "service_portal/demo/": "invented data",
    "service_portal/replaying/": "reads the words of a recorded log",
    "service_portal/launcher/": "knows only the standard library",
}


def written(path: Path) -> Iterator[tuple[int, str, ast.expr]]:
    """Give what is compared with, assigned to or passed under a name, with the name."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                yield node.lineno, keyword.arg or "", keyword.value
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            for name in (ast.unparse(side).rpartition(".")[2] for side in sides):
                for side in sides:
                    yield from (
                        (node.lineno, name, one) for one in getattr(side, "elts", None) or [side]
                    )
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute):
                    yield node.lineno, target.attr, node.value
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant):
                    yield node.lineno, str(key.value), value


def test_no_code_is_typed_where_an_enum_has_it(app: Flask) -> None:
    by_name: dict[str, set[str]] = {}
    for column, may_hold in coded():
        by_name.setdefault(column.name, set()).update(map(str, may_hold))
    typed = [
        f"{name_of(path)}:{line} {name} {value.value!r}"
        for path in product()
        if not name_of(path).startswith(tuple(TYPED))
        for line, name, value in written(path)
        if name not in TYPED
        and isinstance(value, ast.Constant)
        and value.value in by_name.get(name, ())
    ]
    assert typed == []

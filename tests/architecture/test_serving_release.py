"""A migration leaves the release that serves meanwhile unharmed (decision 0024).

What that release uses goes in two steps: the first makes what is new, beside the old; the second,
in a later release, takes the old away and names the first as `contracts = "<revision>"`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from tests.architecture.source import ROOT
from tests.architecture.test_migrations import FIRST_RELEASE

MIGRATIONS = ROOT / "migrations"
# Tables that grow with the years: making an index holds up everybody who writes to them.
LARGE = {
    "alarm",
    "assignment",
    "attachment",
    "clock",
    "decision",
    "message",
    "notification",
    "notification_delivery",
    "offer",
    "outbox",
    "service_event",
    "ticket",
    "ticket_words",
    "timeline_entry",
    "usage_entry",
}
# Landed before this law, on tables that are small in every zone there is.
EARLIER = {
    "20261130_0205_history_is_kept.py",
    "20261130_0210_letters_and_dropped_mail.py",
    "20261130_0240_evidence_of_a_contact.py",
    "20261130_0240_what_waits_by_kind.py",
}
# Only these take something from a release that serves.
REFUSED_CALLS = {
    "drop_table": "takes a table away",
    "rename_table": "renames a table",
    "drop_column": "takes a column away",
}
REFUSED_SQL = {
    r"\bDROP\s+(TABLE|COLUMN|VIEW|FUNCTION|SEQUENCE)\b": "takes something away",
    r"\bRENAME\s+(TO|COLUMN|CONSTRAINT)\b": "renames something",
    r"\bALTER\s+(COLUMN\s+)?\w+\s+(SET\s+NOT\s+NULL|(SET\s+DATA\s+)?TYPE)\b": "narrows a column",
    r"\bREVOKE\b": "takes a right away",
    r"\bTRUNCATE\s+(TABLE\s+)?(?!ON\b)[a-z_]+\s*(;|$)": "empties a table",
    r"\bLOCK\s+TABLE\b": "locks a table",
}


def faults(source: str) -> list[str]:
    """List what a migration would do to the release that serves, unless it is a second step."""
    tree = ast.parse(source)
    named = {_name(node.targets[0]) for node in tree.body if isinstance(node, ast.Assign)}
    if "contracts" in named:
        return []
    # `downgrade` is for those who develop; nobody serves while it runs.
    body = [node for node in tree.body if getattr(node, "name", "") != "downgrade"]
    nodes = [one for part in body for one in ast.walk(part)]
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    made = {
        _text(call.args[0]) for call in calls if _name(call.func) == "create_table" and call.args
    } | {table for node in nodes for table in _made_by_sql(_text(node))}
    return [*_of_calls(calls, made), *_of_sql(nodes, made)]


def _made_by_sql(name: str) -> list[str]:
    path = MIGRATIONS / "sql" / name
    if not name.endswith(".sql") or not path.exists():
        return []
    return re.findall(r"^CREATE TABLE (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)


def _of_calls(calls: list[ast.Call], made: set[str]) -> Iterator[str]:
    for call in calls:
        name, words = _name(call.func), {word.arg: word.value for word in call.keywords}
        table = _text(call.args[0]) if call.args else ""
        on = _text(call.args[1]) if len(call.args) > 1 else ""
        if name in REFUSED_CALLS:
            yield f"{call.lineno}: {REFUSED_CALLS[name]}"
        elif name == "alter_column" and table not in made:
            if narrowing := {"new_column_name", "type_"} & words.keys():
                yield f"{call.lineno}: changes a column ({', '.join(sorted(narrowing))})"
            elif "nullable" in words and ast.unparse(words["nullable"]) == "False":
                yield f"{call.lineno}: lets a column bear no NULL any more"
        elif name == "add_column" and table not in made and _needs_a_value(call):
            yield f"{call.lineno}: adds a column that what serves does not fill, without a default"
        elif name == "drop_constraint" and _text(words.get("type_")) in {"unique", "primary"}:
            yield f"{call.lineno}: takes away a key that what serves may rely on"
        elif _makes_index(name) and on in LARGE - made and "postgresql_concurrently" not in words:
            yield f"{call.lineno}: makes an index of {on} that holds up all who write to it"


def _makes_index(name: str) -> bool:
    return name in {"create_index", "create_unique_constraint"}


def _needs_a_value(call: ast.Call) -> bool:
    column = call.args[1] if len(call.args) > 1 else None
    words = {word.arg: word.value for word in getattr(column, "keywords", [])}
    return (
        "nullable" in words
        and ast.unparse(words["nullable"]) == "False"
        and not {"server_default", "default"} & words.keys()
    )


def _of_sql(nodes: list[ast.AST], made: set[str]) -> Iterator[str]:
    for node in nodes:
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        for pattern, what in REFUSED_SQL.items():
            if re.search(pattern, node.value, re.IGNORECASE):
                # A table that is made here serves nobody yet.
                if "REVOKE" in pattern and any(f" {table} " in f"{node.value} " for table in made):
                    continue
                yield f"{node.lineno}: {what}"


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _text(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _later() -> list[Path]:
    first = {Path(name).name for name in FIRST_RELEASE}
    found = sorted((MIGRATIONS / "versions").glob("*.py"))
    return [path for path in found if path.name not in first]


def test_no_migration_harms_the_release_that_serves() -> None:
    found = {path.name: faults(path.read_text(encoding="utf-8")) for path in _later()}
    # What to do instead stands in docs/decisions/0024-serving-releases.md.
    assert {name: said for name, said in found.items() if said and name not in EARLIER} == {}
    assert {name for name in EARLIER if not found.get(name)} == set()


def test_a_second_step_names_a_first_one_before_it() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    for script in scripts.walk_revisions():
        if first := getattr(script.module, "contracts", None):
            before = {one.revision for one in scripts.iterate_revisions(script.revision, "base")}
            assert first in before - {script.revision}, f"{script.path} completes no earlier step"


def test_no_migration_waits_long_for_a_lock() -> None:
    assert "SET lock_timeout = '5s'" in (MIGRATIONS / "env.py").read_text(encoding="utf-8")
    for path in _later():
        assert "lock_timeout" not in path.read_text(encoding="utf-8"), path.name


UPGRADE = "from alembic import op\nimport sqlalchemy as sa\ndef upgrade():\n    "
HARMFUL = [
    "op.drop_column('ticket', 'title')",
    "op.drop_table('ticket')",
    "op.rename_table('ticket', 'request')",
    "op.alter_column('ticket', 'title', new_column_name='name')",
    "op.alter_column('ticket', 'title', nullable=False)",
    "op.alter_column('ticket', 'title', type_=sa.Integer())",
    "op.add_column('ticket', sa.Column('x', sa.Text(), nullable=False))",
    "op.drop_constraint('uq_ticket_reference', 'ticket', type_='unique')",
    "op.create_index('ix_x', 'ticket', ['title'])",
    "op.execute('ALTER TABLE ticket DROP COLUMN title')",
    "op.execute('ALTER TABLE ticket ALTER COLUMN title SET NOT NULL')",
    "op.execute('ALTER TABLE ticket ALTER title TYPE int')",
    "op.execute('alter table ticket rename column title to name')",
    "op.execute(f'REVOKE UPDATE ON ticket FROM \"{role}\"')",
    "op.execute('TRUNCATE message')",
]
HARMLESS = [
    "op.add_column('ticket', sa.Column('x', sa.Text(), nullable=True))",
    "op.add_column('ticket', sa.Column('x', sa.Text(), server_default='', nullable=False))",
    "op.create_index('ix_x', 'ticket', ['title'], postgresql_concurrently=True)",
    "op.create_index('ix_x', 'park', ['code'])",
    (
        "op.create_table('new', sa.Column('x', sa.Text(), nullable=False)); "
        "op.create_index('ix_x', 'new', ['x']); "
        "op.execute(f'REVOKE UPDATE, TRUNCATE ON new FROM \"{role}\"')"
    ),
    "op.execute('UPDATE ticket SET title = title')",
]


@pytest.mark.parametrize("statement", HARMFUL)
def test_what_harms_is_found(statement: str) -> None:
    assert faults(UPGRADE + statement)
    assert faults(f"contracts = 'abc'\n{UPGRADE}{statement}") == []


@pytest.mark.parametrize("statement", HARMLESS)
def test_what_does_no_harm_passes(statement: str) -> None:
    assert faults(UPGRADE + statement) == []
    assert faults(f"{UPGRADE}pass\ndef downgrade():\n    op.drop_table('new')") == []

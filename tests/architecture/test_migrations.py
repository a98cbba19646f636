"""Migrations are frozen: what was released does the same for ever, whatever the product becomes."""

from __future__ import annotations

import ast
from hashlib import sha256
from pathlib import Path

from tests.architecture.source import ROOT

MIGRATIONS = ROOT / "migrations"
# What the first release executed. A mistake in it is mended by a later migration.
FIRST_RELEASE = {
    "versions/20261124_1000_first_schema.py": "9a06d1222602f1f9",
    "versions/20261125_2130_ended_sessions.py": "8948980937b30fa9",
    "versions/20261126_0030_fewer_ticket_indexes.py": "8efd483bfbf67ba0",
    "versions/20261126_0110_excluded_by_month.py": "3c7526603b611db2",
    "sql/20261124_ledger.sql": "e98f4559ee3c2c70",
    "sql/20261126_excluded.sql": "9f00459eac98b9b6",
}


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:16]


def test_the_first_release_migrates_as_it_did() -> None:
    assert {name: _digest(MIGRATIONS / name) for name in FIRST_RELEASE} == FIRST_RELEASE


def test_a_migration_reads_nothing_of_the_product() -> None:
    reading = []
    for path in sorted(MIGRATIONS.glob("versions/*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                named = node.module or ""
            elif isinstance(node, ast.Import):
                named = " ".join(alias.name for alias in node.names)
            elif (isinstance(node, ast.Constant) and node.value == "service_portal") or (
                isinstance(node, ast.Attribute) and node.attr == "root_path"
            ):
                named = "service_portal"
            else:
                continue
            if any(
                part.split(".")[0] in {"service_portal", "workers", "config"}
                for part in named.split()
            ):
                reading.append(f"{path.name}:{node.lineno}")
    assert reading == []

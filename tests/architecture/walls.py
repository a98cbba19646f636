"""Reads which tables the product's SQL names and which floor each folder stands on."""

from __future__ import annotations

import ast
import importlib
import logging
import re
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from pathlib import Path

import sqlglot
from sqlalchemy import Table
from sqlglot import exp

from service_portal.kernel.db import Base
from tests.architecture.source import ROOT, name_of, nodes, ours, product

logging.getLogger("sqlglot").setLevel(logging.ERROR)

STATEMENT = re.compile(
    r"\s*\(?\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|TRUNCATE|LOCK TABLE|COPY|MERGE INTO)\b"
)
# A part of a statement: an EXISTS, a join, a union.
PART = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|USING)\s+([a-z_]+)\b")
BRACED = re.compile(r"\{[a-z_0-9.]*\}", re.IGNORECASE)


@cache
def floors() -> dict[str, int]:
    """Give each folder of the portal the height of its floor; the workers stand on top."""
    contract = ConfigParser()
    contract.read(ROOT / ".importlinter")
    lines = contract["importlinter:contract:floors"]["layers"].split("\n")
    rows = [re.findall(r"\w+", line) for line in lines if line.strip()]
    heights = {name: height for height, row in enumerate(reversed(rows)) for name in row}
    return heights | {"workers": len(rows)}


def folder_of(path: Path) -> str:
    """Name the folder that a file of the product lies in."""
    parts = path.relative_to(ROOT).parts
    return Path(parts[1]).stem if parts[0] == "service_portal" else parts[0]


def owners() -> dict[str, str]:
    """Say for each table which folder declares it."""
    return {
        mapper.local_table.name: mapper.class_.__module__.split(".")[1]
        for mapper in Base.registry.mappers
        if isinstance(mapper.local_table, Table)
    }


def may_name(folder: str, owner: str) -> bool:
    """Say whether a folder may name another's tables: its own, or one of a lower floor."""
    return folder == owner or floors()[owner] < floors()[folder]


def sql_files() -> tuple[Path, ...]:
    """List the files of SQL that the product reads."""
    return ours(".sql", below="service_portal") + ours(".sql", below="workers")


def named(known: frozenset[str]) -> dict[str, set[str]]:
    """Give the tables that each file of the product names in SQL."""
    found: dict[str, set[str]] = {}
    for path in product():
        for text in _texts(path):
            try:
                tables = tables_in(text, known)
            except sqlglot.ParseError as error:
                raise AssertionError(f"{name_of(path)}: SQL that nobody can read") from error
            found.setdefault(name_of(path), set()).update(tables)
    for path in sql_files():
        found[name_of(path)] = tables_in(path.read_text(encoding="utf-8"), known)
    return {name: tables for name, tables in found.items() if tables}


def tables_in(text: str, known: frozenset[str]) -> set[str]:
    """Name the tables of a statement, or of a part of one; of any other text none."""
    if not STATEMENT.match(text):
        return set(PART.findall(text)) & known
    names: set[str] = set()
    for statement in sqlglot.parse(text, dialect="postgres"):
        if statement is not None:
            common = {common.alias for common in statement.find_all(exp.CTE)}
            names |= {table.name for table in statement.find_all(exp.Table)} - common
    return names & known


def _texts(path: Path) -> Iterator[str]:
    """Give every text of a file; what is filled in later stands as the name of a constant's text
    where there is one.
    """
    inside = {
        id(part) for node in nodes(path) if isinstance(node, ast.JoinedStr) for part in node.values
    }
    for node in nodes(path):
        if isinstance(node, ast.JoinedStr):
            yield "".join(_filled(part, path) for part in node.values)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside
        ):
            yield BRACED.sub("filled", node.value).replace("%s", "1")


def _filled(part: ast.expr, path: Path) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    if isinstance(part.value, ast.Name):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        value = getattr(importlib.import_module(module), part.value.id, None)
        if isinstance(value, str):
            return value
    return "filled"

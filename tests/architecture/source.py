"""Reads the product's own source for the laws: which files are ours, and what they import, call and
assign.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOREIGN = ("node_modules", ".venv", "var", "vendor", ".git", "__pycache__", ".hypothesis")


@cache
def ours(*endings: str, below: str = ".") -> tuple[Path, ...]:
    """List our files with these endings, without what is installed, generated or fetched."""
    found: list[Path] = []
    for folder, folders, names in os.walk(ROOT / below):
        folders[:] = [name for name in folders if name not in FOREIGN]
        found += [Path(folder, name) for name in names if name.endswith(endings)]
    return tuple(sorted(path for path in found if path.is_file()))


def product() -> tuple[Path, ...]:
    """List the Python files of the portal and its workers."""
    return ours(".py", below="service_portal") + ours(".py", below="workers")


def name_of(path: Path) -> str:
    """Give a path as people write it."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """Parse a file, once."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Give everything a file is made of."""
    return tuple(ast.walk(tree(path)))


def imports(path: Path) -> Iterator[tuple[str, str | None]]:
    """Give every import of a file as (module, name); the name is None for a plain `import`."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


@cache
def calls(path: Path) -> tuple[tuple[str, ast.Call], ...]:
    """Give every call of a file with the text of what is called."""
    return tuple(
        (ast.unparse(node.func), node) for node in nodes(path) if isinstance(node, ast.Call)
    )


def assigned(path: Path) -> Iterator[str]:
    """Give every attribute that a file assigns to, as text such as `ticket.status`."""
    for node in nodes(path):
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, (ast.AugAssign, ast.AnnAssign))
            else []
        )
        for target in targets:
            yield from (
                ast.unparse(part) for part in ast.walk(target) if isinstance(part, ast.Attribute)
            )


@cache
def texts(path: Path) -> tuple[str, ...]:
    """Give every string constant of a file, SQL statements among them."""
    return tuple(
        node.value
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )

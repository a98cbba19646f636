"""Reads the product's own source for the laws: which files are ours, and what they import, call and
assign.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOREIGN = ("node_modules", ".venv", "var", "vendor", ".git", "__pycache__", ".hypothesis")


@cache
def ours(*endings: str, below: str = ".") -> tuple[Path, ...]:
    """List our files with these endings, without what is installed, generated or fetched."""
    found = (
        path for path in (ROOT / below).rglob("*") if path.suffix in endings and path.is_file()
    )
    return tuple(
        sorted(path for path in found if not set(path.relative_to(ROOT).parts) & set(FOREIGN))
    )


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


def imports(path: Path) -> Iterator[tuple[str, str | None]]:
    """Give every import of a file as (module, name); the name is None for a plain `import`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Give every call of a file with the text of what is called."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def assigned(path: Path) -> Iterator[str]:
    """Give every attribute that a file assigns to, as text such as `ticket.status`."""
    for node in ast.walk(tree(path)):
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


def texts(path: Path) -> Iterator[str]:
    """Give every string constant of a file, SQL statements among them."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value

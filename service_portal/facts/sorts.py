"""What an expression over facts gives: a number, a text, or yes and no. Pure.

Whatever is kept as a formula or a condition is looked at once, so that nobody computes what can't
be computed.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from enum import StrEnum

from service_portal.facts.kinds import KINDS, NUMBERS, FactType


class Sort(StrEnum):
    """What an expression gives."""

    NUMBER = "number"
    TEXT = "text"
    CONDITION = "condition"


class Unsound(Exception):
    """A part of an expression is not of the sort that its place takes; `needed` is that sort."""

    def __init__(self, part: str, needed: Sort) -> None:
        super().__init__(part, needed)
        self.part, self.needed = part, needed


N, T, C = Sort.NUMBER, Sort.TEXT, Sort.CONDITION
SORTS: Mapping[str, Sort] = {
    code: N if kind.type in NUMBERS else C if kind.type is FactType.YESNO else T
    for code, kind in KINDS.items()
}


def check_sort(tree: ast.expr, needed: Sort, *others: Sort) -> None:
    """Look whether a parsed expression gives what is needed, or something that does as well.

    A fact that nobody states may be anything. Raises Unsound with the part that does not fit.
    """
    if (found := sort_of(tree)) is not None and found not in {needed, *others}:
        raise Unsound(ast.unparse(tree), needed)


def sort_of(node: ast.expr) -> Sort | None:
    """Say what a parsed expression gives, None where that hangs on a fact that nobody states.

    Raises Unsound with the first part that does not fit where it stands.
    """
    match node:
        case ast.Name(id=name):
            return SORTS.get(name)
        case ast.Constant(value=bool()):
            return C
        case ast.Constant(value=str()):
            return T
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _all([operand], C, gives=C)
        case ast.BoolOp(values=values):
            return _all(values, C, gives=C)
        case ast.UnaryOp(operand=operand):
            return _all([operand], N, gives=N)
        case ast.BinOp(left=left, right=right):
            return _all([left, right], N, gives=N)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compared(left, op, right)
        case ast.Call(func=ast.Name(id="choose"), args=[chosen, *rest]):
            *pairs, otherwise = rest
            _alike([chosen, *pairs[::2]])
            return _all([*pairs[1::2], otherwise], N, gives=N)
        case ast.Call(func=ast.Name(id="last"), args=[of]):
            return sort_of(of)
        case ast.Call(args=arguments):
            return _all(arguments, N, gives=N)
    return N


def _all(nodes: list[ast.expr], needed: Sort, *, gives: Sort) -> Sort:
    for node in nodes:
        check_sort(node, needed)
    return gives


def _compared(left: ast.expr, op: ast.cmpop, right: ast.expr) -> Sort:
    if isinstance(right, ast.Tuple):
        _alike([left, *right.elts])
    elif isinstance(op, ast.Eq | ast.NotEq):
        _alike([left, right])
    else:
        _all([left, right], N, gives=C)
    return C


def _alike(nodes: list[ast.expr]) -> None:
    """Look whether all are of the sort of the first one that has one."""
    needed = next(filter(None, map(sort_of, nodes)), None)
    for node in nodes:
        if needed is not None:
            check_sort(node, needed)

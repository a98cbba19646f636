"""A small closed language over facts, for formulas and conditions. Pure.

    rd_expense / revenue        growth(main_revenue)        max(a, b)
    staff <= 500 and not serious_incident        industry in ("new energy", "medical devices")

It knows numbers, texts, the names of facts, + - * /, comparisons, `and`, `or`, `not`, `in`, and the
functions of `FUNCTIONS`. Python's own parser reads it; nothing else of Python is let in. Numbers
are exact decimals: the same facts give the same value on any machine.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from enum import StrEnum
from functools import lru_cache, reduce

Value = Decimal | str | bool
Facts = Mapping[tuple[str, int], Value]
"""Facts by code and by how many years before the scored one they are about: 0, 1, 2."""

LONGEST = 500
DEEPEST = 40
# No sum and no share is written with a number beyond these.
SMALLEST, LARGEST = 1e-9, 10**18
EXACT = Context(prec=50, traps=[DivisionByZero, InvalidOperation, Overflow])


def total_of(numbers: Iterable[Decimal]) -> Decimal:
    """Add up numbers, whatever the thread's own precision is."""
    return reduce(EXACT.add, numbers, Decimal(0))


class Unread(StrEnum):
    """Why an expression can't be read."""

    TOO_LONG = "too_long"
    TOO_DEEP = "too_deep"
    NO_EXPRESSION = "no_expression"
    NOT_KNOWN = "not_known"
    TEXTS_ONLY = "texts_only"
    NO_SIZE = "no_size"
    NO_NUMBER = "no_number"
    NO_CONDITION = "no_condition"


class Malformed(Exception):
    """An expression says what the language does not know; `args` are why, and the part."""


class Missing(Exception):
    """Facts that the value hangs on are not there; `codes` names them all, in order."""

    def __init__(self, codes: tuple[tuple[str, int], ...]) -> None:
        super().__init__(codes)
        self.codes = codes


class Undefined(Exception):
    """There is no such value: something would be divided by zero; `args` names what is zero."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: its text, and every fact it asks for."""

    text: str
    tree: ast.expr
    names: frozenset[tuple[str, int]]

    def value(self, facts: Facts) -> Value:
        """Give its value. Raises Missing with every fact it lacks, or Undefined."""
        if not facts.keys() >= self.names:
            raise Missing(tuple(sorted(self.names - facts.keys())))
        return _value(self.tree, facts)

    def number(self, facts: Facts) -> Decimal:
        """Give its value as a number. Raises as `value` does, Malformed when it is none."""
        value = self.value(facts)
        if not isinstance(value, Decimal):
            raise Malformed(Unread.NO_NUMBER, self.text)
        return value

    def holds(self, facts: Facts) -> bool:
        """Say whether the condition holds. Raises as `value` does, Malformed when it is none."""
        value = self.value(facts)
        if not isinstance(value, bool):
            raise Malformed(Unread.NO_CONDITION, self.text)
        return value


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Read an expression. Raises Malformed with what it does not know, and where."""
    if len(text) > LONGEST:
        raise Malformed(Unread.TOO_LONG, text[:40])
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Malformed(Unread.NO_EXPRESSION, str(getattr(error, "text", None) or text)) from error
    names = frozenset(_names(tree, years=0, depth=0))
    return Expression(text, tree, names)


_ARITHMETIC: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: EXACT.add,
    ast.Sub: EXACT.subtract,
    ast.Mult: EXACT.multiply,
    ast.Div: EXACT.divide,
}
_COMPARED: dict[type[ast.cmpop], Callable[[Decimal, Decimal], bool]] = {
    ast.Lt: lambda one, other: one < other,
    ast.LtE: lambda one, other: one <= other,
    ast.Gt: lambda one, other: one > other,
    ast.GtE: lambda one, other: one >= other,
}
# How many values each takes.
FUNCTIONS = {
    "min": range(2, 11),
    "max": range(2, 11),
    # How much more it is than in the year before, as a part of that year's size.
    "growth": range(1, 2),
    # A part of a whole.
    "share": range(2, 3),
    # What it was in the year before.
    "last": range(1, 2),
    # choose(fact, "one", 20, "two", 10, 0): the number beside the text, else the last one.
    "choose": range(4, 42, 2),
}
# What is inside these is asked for in the year before, too, or only there.
_BEFORE = {"growth": (0, 1), "last": (1,)}


def _names(node: ast.expr, *, years: int, depth: int) -> Iterator[tuple[str, int]]:
    """Give every fact an expression asks for, and refuse all that the language does not know."""
    if depth > DEEPEST:
        raise Malformed(Unread.TOO_DEEP, ast.unparse(node)[:40])
    inner: tuple[ast.expr, ...]
    match node:
        case ast.Name(id=name):
            yield name, years
            return
        case ast.Constant(value=int() | float() | str() as value):
            _check_size(value)
            return
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            inner = (operand,)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            inner = (left, right)
        case ast.BoolOp(values=values):
            inner = tuple(values)
        case ast.Compare(left=left, ops=[ast.In()], comparators=[ast.Tuple(elts=texts)]):
            if not all(isinstance(one, ast.Constant) for one in texts):
                raise Malformed(Unread.TEXTS_ONLY, ast.unparse(node)[:80])
            inner = (left,)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(
            op
        ) in _COMPARED or isinstance(op, ast.Eq | ast.NotEq):
            inner = (left, right)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if len(
            arguments
        ) in FUNCTIONS.get(name, ()):
            for before in _BEFORE.get(name, (0,)):
                for argument in arguments:
                    yield from _names(argument, years=years + before, depth=depth + 1)
            return
        case _:
            raise Malformed(Unread.NOT_KNOWN, ast.unparse(node)[:80])
    for one in inner:
        yield from _names(one, years=years, depth=depth + 1)


def _check_size(value: float | str) -> None:
    if isinstance(value, int | float) and value and not SMALLEST <= abs(value) < LARGEST:
        raise Malformed(Unread.NO_SIZE, str(value)[:40])


def _value(node: ast.expr, facts: Facts, years: int = 0) -> Value:
    def of(one: ast.expr) -> Value:
        return _value(one, facts, years)

    match node:
        case ast.Name(id=name):
            return facts[name, years]
        case ast.Constant(value=bool(value)):
            return value
        case ast.Constant(value=str(value)):
            return value
        case ast.Constant(value=value):
            return Decimal(str(value))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(of(operand), operand)
        case ast.UnaryOp(operand=operand):
            return not _condition(of(operand), operand)
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_condition(of(one), one) for one in values)
        case ast.BoolOp(values=values):
            return any(_condition(of(one), one) for one in values)
        case ast.BinOp(left=left, op=op, right=right):
            one, other = _number(of(left), left), _number(of(right), right)
            if isinstance(op, ast.Div) and other == 0:
                raise Undefined(ast.unparse(right))
            return _ARITHMETIC[type(op)](one, other)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compared(left, op, right, of)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _call(name, arguments, facts, years)
    raise Malformed(Unread.NOT_KNOWN, ast.unparse(node)[:80])


def _compared(
    left: ast.expr, op: ast.cmpop, right: ast.expr, of: Callable[[ast.expr], Value]
) -> bool:
    if isinstance(right, ast.Tuple):
        return of(left) in {of(one) for one in right.elts}
    if isinstance(op, ast.Eq):
        return of(left) == of(right)
    if isinstance(op, ast.NotEq):
        return of(left) != of(right)
    return _COMPARED[type(op)](_number(of(left), left), _number(of(right), right))


def _call(name: str, arguments: list[ast.expr], facts: Facts, years: int) -> Value:
    if name == "choose":
        chosen, *pairs, otherwise = (_value(one, facts, years) for one in arguments)
        table = dict(zip(pairs[::2], pairs[1::2], strict=True))
        return table.get(chosen, otherwise)
    if name == "last":
        return _value(arguments[0], facts, years + 1)
    if name == "growth":
        (of,) = arguments
        before = _number(_value(of, facts, years + 1), of)
        if before == 0:
            raise Undefined(f"last({ast.unparse(of)})")
        return EXACT.divide(_number(_value(of, facts, years), of) - before, abs(before))
    numbers = [_number(_value(one, facts, years), one) for one in arguments]
    if name == "share":
        part, whole = numbers
        if whole == 0:
            raise Undefined(ast.unparse(arguments[1]))
        return EXACT.divide(part, whole)
    return min(numbers) if name == "min" else max(numbers)


def _number(value: Value, node: ast.expr) -> Decimal:
    if not isinstance(value, Decimal):
        raise Malformed(Unread.NO_NUMBER, ast.unparse(node)[:80])
    return value


def _condition(value: Value, node: ast.expr) -> bool:
    if not isinstance(value, bool):
        raise Malformed(Unread.NO_CONDITION, ast.unparse(node)[:80])
    return value

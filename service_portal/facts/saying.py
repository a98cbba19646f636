"""Says a condition on facts in the reader's language, with names and units."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from decimal import Decimal

from service_portal.facts.expressions import Malformed, parse
from service_portal.facts.kinds import KINDS, FactType
from service_portal.facts.sorts import Sort, sort_of
from service_portal.facts.words import kind_name, say_share, say_value
from service_portal.web.amounts import short_yuan
from service_portal.web.formatting import listed, number
from service_portal.web.translations import gettext as _

SIGNS: Mapping[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "−",
    ast.Mult: "×",
    ast.Div: "÷",
}
_COMPARED: Mapping[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "≤",
    ast.Gt: ">",
    ast.GtE: "≥",
    ast.Eq: "=",
    ast.NotEq: "≠",
}
# What a constant is said as: a sum of money, a share, or a value of the fact with this code.
_MONEY, _SHARE = "money", "share"


def say_condition(text: str) -> str:
    """Say a condition; one that can't be read as it is written."""
    try:
        return _said(parse(text).tree)
    except Malformed:
        return text


def _said(node: ast.expr, unit: str = "") -> str:
    match node:
        case ast.Name(id=code):
            return kind_name(code)
        case ast.Constant(value=value):
            return _constant(value, unit)
        case ast.BoolOp(op=op, values=values):
            between = _("and") if isinstance(op, ast.And) else _("or")
            return f" {between} ".join(_inside(one) for one in values)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name() | ast.Call() as operand):
            return _("%(what)s: %(words)s", what=_said(operand), words=_("no"))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _("not (%(what)s)", what=_said(operand))
        case ast.UnaryOp(operand=operand):
            return f"−{_inside(operand, unit)}"
        case ast.BinOp(left=left, op=op, right=right):
            inner = "" if isinstance(op, ast.Mult | ast.Div) else _unit(node)
            return f"{_inside(left, inner)} {SIGNS[type(op)]} {_inside(right, inner)}"
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compared(left, op, right)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _called(name, arguments)
    return ast.unparse(node)


def _inside(node: ast.expr, unit: str = "") -> str:
    said = _said(node, unit)
    return f"({said})" if isinstance(node, ast.BoolOp | ast.BinOp) else said


def _compared(left: ast.expr, op: ast.cmpop, right: ast.expr) -> str:
    unit = _unit(left) or _unit(right)
    if isinstance(right, ast.Tuple):
        which = listed(_said(one, unit) for one in right.elts)
        return _("%(what)s is one of: %(which)s", what=_said(left, unit), which=which)
    return f"{_said(left, unit)} {_COMPARED[type(op)]} {_said(right, unit)}"


def _called(name: str, arguments: list[ast.expr]) -> str:
    if name == "share":
        return " ÷ ".join(_inside(one) for one in arguments)
    if name == "growth":
        return _("growth of %(what)s", what=_inside(arguments[0]))
    if name == "last":
        return _("%(what)s of the year before", what=_inside(arguments[0]))
    unit = next(filter(None, map(_unit, arguments)), "")
    each = listed(_said(one, unit) for one in arguments)
    if name == "min":
        return _("the smallest of %(names)s", names=each)
    if name == "max":
        return _("the largest of %(names)s", names=each)
    return _("points for %(what)s", what=_said(arguments[0]))


def _unit(node: ast.expr) -> str:
    """Say in what the constants beside an expression are meant."""
    match node:
        case ast.Name(id=code) if code in KINDS:
            kind = KINDS[code]
            return _MONEY if kind.type is FactType.MONEY else code if _has_names(code) else ""
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _unit(operand)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            one, other = _unit(left), _unit(right)
            is_share = one == other and not {type(left), type(right)} & {ast.Constant}
            return _SHARE if is_share else one
        case ast.BinOp(left=left, right=right):
            return _unit(left) or _unit(right)
        case ast.Call(func=ast.Name(id="growth" | "share")):
            return _SHARE
        case ast.Call(func=ast.Name(id="min" | "max" | "last"), args=arguments):
            return next(filter(None, map(_unit, arguments)), "")
    return ""


def _has_names(code: str) -> bool:
    return sort_of(ast.Name(id=code)) is not Sort.NUMBER


def _constant(value: object, unit: str) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str):
        return say_value(unit, value)
    said = Decimal(str(value))
    if unit == _MONEY:
        return short_yuan(int(said))
    return say_share(said) if unit == _SHARE else number(said)

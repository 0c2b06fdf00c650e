"""Conditions whose outcome CPython's compiler knows, so that it compiles only one of the two ways.

The compiler folds constants on the tree before it makes jumps (Python/ast_opt.c), and drops jumps on
constants (Python/flowgraph.c). Names are never folded, `__debug__` excepted: it is true unless Python runs
with `-O`. https://docs.python.org/3/library/constants.html#debug__
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

UNKNOWN = object()

_UNARY: dict[type, Callable[[Any], Any]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
}
_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_LARGE = 2**64


def truth(node: ast.expr) -> bool | None:
    """Return the outcome of a test if the compiler knows it, else None."""
    fold = _FOLDS.get(type(node))
    if fold is None:
        return None
    value = fold(node)
    return None if value is UNKNOWN else bool(value)


def _value(node: ast.expr) -> Any:
    fold = _FOLDS.get(type(node))
    return UNKNOWN if fold is None else fold(node)


def _constant(node: ast.Constant) -> Any:
    return node.value


def _name(node: ast.Name) -> Any:
    return True if node.id == "__debug__" else UNKNOWN


def _tuple(node: ast.Tuple) -> Any:
    values = tuple(_value(item) for item in node.elts)
    return UNKNOWN if any(value is UNKNOWN for value in values) else values


def _unary(node: ast.UnaryOp) -> Any:
    value = _value(node.operand)
    if value is UNKNOWN:
        return UNKNOWN
    try:
        return _UNARY[type(node.op)](value)
    except TypeError:
        return UNKNOWN


def _binary(node: ast.BinOp) -> Any:
    apply = _BINARY.get(type(node.op))
    if apply is None or isinstance(node.left, ast.BinOp):  # long sums are data, not conditions
        return UNKNOWN
    left, right = _value(node.left), _value(node.right)
    if not (_is_small_number(left) and _is_small_number(right)):
        return UNKNOWN
    try:
        return apply(left, right)
    except (ArithmeticError, TypeError):
        return UNKNOWN


def _is_small_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and -_LARGE < value < _LARGE


_FOLDS: dict[type, Callable[[Any], Any]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Tuple: _tuple,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
}

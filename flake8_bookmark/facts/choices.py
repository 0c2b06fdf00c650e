"""How many ways there are past a piece of code, and whether it is the one that is taken for a certain text or type."""

from __future__ import annotations

import ast

TESTS = frozenset({"startswith", "endswith"})


def weight_of(ways: int) -> int:
    """Return for how many choices between two a choice between so many counts."""
    return max(ways.bit_length() - 1, 1)


def picks(test: ast.expr, value: bool, later: bool) -> bool:
    """Tell whether a test that has a value picks out one text (`kind == "s3"`), or one of an enumeration.

    A test for a type (`elif isinstance(data, Path)`) does where it is a later one of several: the first is for the type
    that is meant.
    """
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return picks(operand, not value, later)
        case ast.BoolOp(op=op, values=parts):
            found = (picks(part, value, later) for part in parts)
            return any(found) if isinstance(op, ast.And) == value else all(found)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() | ast.Is() | ast.IsNot() as op], comparators=[other]):
            return isinstance(op, (ast.Eq, ast.Is)) == value and (_is_text(left) or _is_text(other))
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn() as op], comparators=[other]):
            return isinstance(op, ast.In) == value and (_is_text(left) or _are_texts(other))
        case ast.Call(func=ast.Attribute(attr=name), args=[other]) if name in TESTS:
            return value and (_is_text(other) or _are_texts(other))
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, _]):
            return value and later
    return False


def _is_text(node: ast.expr) -> bool:
    """Tell whether an expression is a text, or a member of an enumeration (`Kind.LOCAL`, `Kind.LOCAL.value`)."""
    if isinstance(node, ast.Attribute) and node.attr == "value":
        node = node.value
    if isinstance(node, ast.Attribute):
        return node.attr.isupper()
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(node.value)


def _are_texts(node: ast.expr) -> bool:
    parts = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else []
    return bool(parts) and all(_is_text(part) for part in parts)

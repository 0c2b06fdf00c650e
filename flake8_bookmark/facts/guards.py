"""Code that makes something shared once: it runs only while that is still missing.

Two shapes: `if self.x is None: self.x = make()`, and `if self.x is not None: return self.x` before the making. What is
guarded must be shared (an attribute, an item or a global), and the body must set it.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence


def missing(test: ast.expr) -> str:
    """Return what a test finds missing, as written; empty if it is not such a test."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _shared(operand)
        case ast.Compare(left=left, ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=None)]):
            return _shared(left)
        case ast.Compare(ops=[ast.NotIn()], comparators=[container]):
            return _shared(container)
    return ""


def present(test: ast.expr) -> str:
    """Return what a test finds present, as written; empty if it is not such a test."""
    match test:
        case ast.Compare(left=left, ops=[ast.IsNot() | ast.NotEq()], comparators=[ast.Constant(value=None)]):
            return _shared(left)
        case ast.Compare(ops=[ast.In()], comparators=[container]):
            return _shared(container)
    return _shared(test)


def sets(body: Sequence[ast.stmt], name: str) -> bool:
    """Tell whether statements set what was missing, or an item of it."""
    for statement in body:
        for node in ast.walk(statement):
            targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
            if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and any(
                _written(t.value if isinstance(t, ast.Subscript) else t) == name for t in targets if t is not None
            ):
                return True
    return False


def _shared(node: ast.expr) -> str:
    """Return an attribute or a plain name as written; whether the name is a global shows in `sets`."""
    return _written(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""


def _written(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_written(node.value)}.{node.attr}" if _written(node.value) else ""
    return ""


def is_type_checking(test: ast.expr) -> bool:
    """Tell whether a test is only true for type checkers."""
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
    return False

"""Functions that only say what others must do."""

from __future__ import annotations

import ast

from flake8_bookmark.facts.places import written_name


def is_stub(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a method has no body of its own: `...` or `raise NotImplementedError`, or it is marked abstract.

    A method that is a docstring or `pass` and no more is a hook that nobody has to override.
    """
    if any(written_name(decorator).startswith("abstract") for decorator in node.decorator_list):
        return True
    *before, last = node.body
    return not any(not _is_docstring(statement) for statement in before) and _stands_for_others(last)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _stands_for_others(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Constant(value=value)):
            return value is Ellipsis
        case ast.Raise(exc=ast.Name(id="NotImplementedError") | ast.Call(func=ast.Name(id="NotImplementedError"))):
            return True
    return False

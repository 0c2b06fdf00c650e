"""Where an expression stands, and how its reader knows it."""

from __future__ import annotations

import ast

from flake8_bookmark.facts.model import Site


def site_of(node: ast.expr | ast.stmt) -> Site:
    """Return the place of a node."""
    return (node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)


def written(node: ast.expr) -> str:
    """Return a callee as its reader knows it: `db.users`, `Path().read_text`."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{written(node.value)}.{node.attr}"
        case ast.Call():
            return f"{written(node.func)}()"
        case ast.Await():
            return written(node.value)
        case ast.Subscript():
            return f"{written(node.value)}[…]"
        case ast.Lambda():
            return "<lambda>"
        case ast.Constant():
            return type(node.value).__name__
    return "()"


def written_name(node: ast.expr) -> str:
    """Return the last part of a callee as it is written."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def name_place(node: ast.expr) -> tuple[int, int]:
    """Return line and column of the name that a reader would point at: the last one of a dotted chain."""
    if isinstance(node, ast.Attribute):
        end = node.end_col_offset or 0
        return node.end_lineno or node.lineno, max(end - len(node.attr.encode("utf-8", "replace")), 0)
    return node.lineno, node.col_offset
